package io.selvage.controller.access;

import java.util.Set;

/**
 * A role in namespaces.
 *
 * @param namespaces empty = in all, and for what has none
 */
public record Grant(Role role, Set<String> namespaces) {
  public Grant {
    namespaces = Set.copyOf(namespaces);
  }

  /** A role everywhere. */
  public static Grant everywhere(Role role) {
    return new Grant(role, Set.of());
  }

  /** Whether it holds there; an empty name asks for all namespaces together. */
  boolean holdsIn(String namespace) {
    return namespaces.isEmpty() || namespaces.contains(namespace);
  }

  @Override
  public String toString() {
    return namespaces.isEmpty()
        ? role.text()
        : role.text() + " in " + String.join(",", new java.util.TreeSet<>(namespaces));
  }
}
