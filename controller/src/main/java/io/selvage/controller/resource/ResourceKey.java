package io.selvage.controller.resource;

/**
 * Identity of a stored object.
 *
 * @param namespace empty for cluster-scoped kinds
 */
public record ResourceKey(Kind kind, String namespace, String name)
    implements Comparable<ResourceKey> {

  /** {@code namespace/name}, or the name alone for cluster-scoped kinds. */
  public String path() {
    return namespace.isEmpty() ? name : namespace + "/" + name;
  }

  /** Orders by namespace, then name; keys of different kinds by the kind's name first. */
  @Override
  public int compareTo(ResourceKey other) {
    int byKind = kind.kind().compareTo(other.kind.kind());
    if (byKind != 0) {
      return byKind;
    }
    int byNamespace = namespace.compareTo(other.namespace);
    return byNamespace != 0 ? byNamespace : name.compareTo(other.name);
  }

  @Override
  public String toString() {
    return kind.kind() + " " + path();
  }
}
