package io.selvage.controller.translate;

import io.selvage.controller.resource.view.BackendRef;
import io.selvage.controller.resource.view.MeshRoute;
import io.selvage.controller.resource.view.MeshRoute.Rule;
import io.selvage.controller.resource.view.RouteFilter;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The kinds of the Gateway API as one view of the mesh holds them. Thread-safe. */
final class GatewayApi {
  private final List<MeshRoute> routes;
  private final Attachments attachments;
  private final Backends backends;
  private final BackendPolicies policies;
  private final Map<String, Set<String>> hostsByNamespace = new ConcurrentHashMap<>();

  GatewayApi(
      List<MeshRoute> routes,
      Attachments attachments,
      Backends backends,
      BackendPolicies policies) {
    this.routes = routes;
    this.attachments = attachments;
    this.backends = backends;
    this.policies = policies;
  }

  List<MeshRoute> routes() {
    return routes;
  }

  Attachments attachments() {
    return attachments;
  }

  Backends backends() {
    return backends;
  }

  BackendPolicies policies() {
    return policies;
  }

  /** Whether any route or policy asks that clients stay at an endpoint. */
  boolean persistsSessions() {
    return policies.persistsSessions()
        || routes.stream()
            .anyMatch(r -> r.rules().stream().anyMatch(u -> u.sessionPersistence() != null));
  }

  /** Hosts that routes send callers of a namespace to, whether those see the hosts or not. */
  Set<String> hostsFor(String callerNamespace) {
    return hostsByNamespace.computeIfAbsent(
        callerNamespace,
        namespace -> {
          Set<String> hosts = new HashSet<>();
          for (MeshRoute route : attachments.routesFor(namespace)) {
            for (Rule rule : route.rules()) {
              addMirrors(hosts, route, rule.filters());
              for (BackendRef ref : rule.backendRefs()) {
                hosts.add(backends.resolve(route.source(), ref).host());
                addMirrors(hosts, route, ref.filters());
              }
            }
          }
          return Set.copyOf(hosts);
        });
  }

  private void addMirrors(Set<String> hosts, MeshRoute route, List<RouteFilter> filters) {
    for (RouteFilter filter : filters) {
      RouteFilter.Mirror mirror = filter.mirror();
      if (mirror != null) {
        hosts.add(backends.resolve(route.source(), mirror.backend()).host());
      }
    }
  }
}
