package io.selvage.controller.api;

import io.selvage.controller.resource.Kind;
import io.selvage.controller.resource.Kinds;
import io.selvage.controller.resource.ResourceKey;
import java.util.List;
import java.util.Optional;

/**
 * What a resource path names.
 *
 * @param namespace empty for all namespaces and for cluster-scoped kinds
 * @param name empty for the collection
 * @param subresource empty, or {@code status}
 */
record Target(Kind kind, String version, String namespace, String name, String subresource) {

  /**
   * Reads {@code /api/v1/…} and {@code /apis/GROUP/VERSION/…}; empty if it names nothing served.
   */
  static Optional<Target> parse(List<String> path) {
    boolean core = path.get(0).equals("api");
    int prefix = core ? 2 : 3;
    if (path.size() <= prefix) {
      return Optional.empty();
    }
    String group = core ? "" : path.get(1);
    String version = path.get(prefix - 1);
    List<String> rest = path.subList(prefix, path.size());
    boolean inNamespace = rest.size() >= 3 && rest.get(0).equals("namespaces");
    if (inNamespace) {
      Optional<Target> found = of(group, version, rest.get(1), rest.subList(2, rest.size()), true);
      if (found.isPresent()) {
        return found;
      }
    }
    return of(group, version, "", rest, false);
  }

  private static Optional<Target> of(
      String group, String version, String namespace, List<String> rest, boolean inNamespace) {
    String name = rest.size() > 1 ? rest.get(1) : "";
    String subresource = rest.size() > 2 ? rest.get(2) : "";
    return Kinds.byPlural(group, rest.get(0))
        .filter(k -> k.versions().contains(version) && rest.size() <= 3)
        .filter(k -> inNamespace ? k.namespaced() : !k.namespaced() || name.isEmpty())
        .filter(k -> subresource.isEmpty() || subresource.equals("status"))
        .map(k -> new Target(k, version, namespace, name, subresource));
  }

  ResourceKey key() {
    return new ResourceKey(kind, namespace, name);
  }

  String apiVersion() {
    return kind.apiVersion(version);
  }
}
