package io.selvage.controller.resource.view;

import org.jspecify.annotations.Nullable;

/**
 * Gateway API's {@code ParentReference}: what a route is attached to.
 *
 * @param group empty for a Service; {@code gateway.networking.k8s.io} if not given
 * @param kind {@code Gateway} if not given
 * @param namespace empty means the route's own
 * @param sectionName name of a port; empty means all
 * @param port null means all
 */
public record ParentRef(
    String group,
    String kind,
    String namespace,
    String name,
    String sectionName,
    @Nullable Integer port) {
  private static final String GATEWAY_GROUP = "gateway.networking.k8s.io";

  static ParentRef parse(Fields f) {
    return new ParentRef(
        f.has("group") ? f.text("group") : GATEWAY_GROUP,
        f.has("kind") ? f.text("kind") : "Gateway",
        f.text("namespace"),
        f.text("name"),
        f.text("sectionName"),
        f.numberOrNull("port"));
  }

  /** Whether it is a Service, the parent of routes within the mesh. */
  public boolean isService() {
    return group.isEmpty() && kind.equals("Service");
  }
}
