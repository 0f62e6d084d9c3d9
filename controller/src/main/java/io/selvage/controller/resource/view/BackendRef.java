package io.selvage.controller.resource.view;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Gateway API's {@code BackendRef}: a weighted destination of a route.
 *
 * @param group empty for core kinds, also if not given
 * @param kind {@code Service} if not given
 * @param namespace empty means the route's own
 * @param port null if not given; must be given for a Service
 * @param weight 1 if not given; 0 takes no requests
 * @param filters done to requests that go here
 */
public record BackendRef(
    String group,
    String kind,
    String namespace,
    String name,
    @Nullable Integer port,
    int weight,
    List<RouteFilter> filters) {
  static BackendRef parse(Fields f) {
    return new BackendRef(
        f.text("group"),
        f.has("kind") ? f.text("kind") : "Service",
        f.text("namespace"),
        f.text("name"),
        f.numberOrNull("port"),
        f.has("weight") ? f.number("weight") : 1,
        f.list("filters", RouteFilter::parse));
  }

  /** Whether it is a Service, the only kind of destination that is known. */
  public boolean isService() {
    return group.isEmpty() && kind.equals("Service");
  }
}
