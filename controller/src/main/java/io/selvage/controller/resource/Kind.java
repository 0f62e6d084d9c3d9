package io.selvage.controller.resource;

import java.util.List;

/**
 * One kind of the API, as discovery shows it.
 *
 * @param group API group; empty for the core group
 * @param versions served versions, the stored one first; all have the same schema
 * @param kind name as in {@code kind:}
 * @param plural name as in the path
 * @param singular name in lower case
 * @param shortNames abbreviations for the command line
 * @param namespaced whether an object lives in a namespace
 * @param security whether a wrong object must be refused rather than degraded (fails closed)
 */
public record Kind(
    String group,
    List<String> versions,
    String kind,
    String plural,
    String singular,
    List<String> shortNames,
    boolean namespaced,
    boolean security) {

  /** The stored and preferred version. */
  public String version() {
    return versions.get(0);
  }

  /** {@code apiVersion} of the preferred version, for instance {@code networking.istio.io/v1}. */
  public String apiVersion() {
    return apiVersion(version());
  }

  /** {@code apiVersion} of the given version. */
  public String apiVersion(String version) {
    return group.isEmpty() ? version : group + "/" + version;
  }

  /** Whether {@code apiVersion} names a served version of this kind. */
  public boolean serves(String apiVersion) {
    return versions.stream().anyMatch(v -> apiVersion(v).equals(apiVersion));
  }

  /**
   * {@code plural.group}, or the plural alone in the core group; as Kubernetes names a resource in
   * messages.
   */
  public String qualifiedPlural() {
    return group.isEmpty() ? plural : plural + "." + group;
  }

  @Override
  public String toString() {
    return kind;
  }
}
