package io.selvage.controller.translate;

import io.selvage.controller.resource.view.Destination;
import io.selvage.controller.resource.view.HttpRoute;
import io.selvage.controller.resource.view.Sidecar;
import io.selvage.controller.resource.view.VirtualService;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What one caller sees of the mesh: what is exported to its namespace, narrowed by the Sidecar that
 * holds for it (Istio's sidecar scope). Immutable.
 */
final class Scope {
  private final Map<String, MeshService> byHost = new LinkedHashMap<>();
  private final List<MeshService> throughRoutes;
  private final List<VirtualService> virtualServices;
  private final boolean allowAny;
  private final @Nullable Destination egressProxy;
  private final String namespace;
  private final @Nullable Sidecar sidecar;

  private Scope(MeshView view, Caller caller) {
    this.namespace = caller.namespace();
    this.sidecar = view.sidecar(caller.sidecar());
    Sidecar.Outbound outbound = sidecar == null ? null : sidecar.outbound();
    this.allowAny =
        outbound == null
            ? view.settings().allowAny()
            : outbound.mode() == Sidecar.Outbound.Mode.ALLOW_ANY;
    this.egressProxy = outbound == null ? null : outbound.egressProxy();
    this.virtualServices = view.virtualServices().stream().filter(v -> sees(v, view)).toList();
    Set<String> routed = narrowed() ? destinations(view) : Set.of();
    Map<String, MeshService> hidden = new LinkedHashMap<>();
    Set<String> attached = view.gateway().hostsFor(namespace);
    for (MeshService service : view.everyService()) {
      if (service.visibleTo(namespace)
          && (selects(service.namespace(), service.host()) || routed.contains(service.host()))) {
        add(service);
      } else if (attached.contains(service.host())) {
        hidden.putIfAbsent(service.host(), service);
      }
    }
    hidden.keySet().removeAll(byHost.keySet());
    throughRoutes = List.copyOf(hidden.values());
  }

  static Scope of(MeshView view, Caller caller) {
    return new Scope(view, caller);
  }

  // of equal hosts the caller's own namespace wins, then the one that was there first
  private void add(MeshService service) {
    MeshService first = byHost.get(service.host());
    boolean nearer =
        first != null
            && !first.namespace().equals(namespace)
            && service.namespace().equals(namespace);
    if (first == null || nearer) {
      byHost.put(service.host(), service);
    }
  }

  private boolean narrowed() {
    return sidecar != null && !sidecar.egress().isEmpty();
  }

  /** Whether the Sidecar lets it in; without one, everything. */
  private boolean selects(String owner, String host) {
    if (sidecar == null || sidecar.egress().isEmpty()) {
      return true;
    }
    for (Sidecar.Egress egress : sidecar.egress()) {
      for (String written : egress.hosts()) {
        int slash = written.indexOf('/');
        if (slash > 0
            && inNamespace(written.substring(0, slash), owner)
            && meets(written.substring(slash + 1), host)) {
          return true;
        }
      }
    }
    return false;
  }

  // a rule for *.example.com is wanted by who sees a.example.com
  private static boolean meets(String wanted, String host) {
    return Hosts.covers(wanted, host) || (host.startsWith("*") && Hosts.covers(host, wanted));
  }

  private boolean inNamespace(String wanted, String owner) {
    return switch (wanted) {
      case "*" -> true;
      case "." -> owner.equals(namespace);
      case "~" -> false;
      default -> owner.equals(wanted);
    };
  }

  private boolean sees(VirtualService service, MeshView view) {
    String owner = service.source().namespace();
    if (service.hosts().isEmpty()
        || !service.appliesToMesh()
        || !Hosts.exported(service.exportTo(), owner, namespace)) {
      return false;
    }
    return service.hosts().stream()
        .map(h -> Hosts.resolve(h, owner, view.settings()))
        .anyMatch(h -> selects(owner, h));
  }

  /** Hosts that the imported routes lead to: without them, the routes would lead nowhere. */
  private Set<String> destinations(MeshView view) {
    Set<String> hosts = new LinkedHashSet<>();
    for (VirtualService service : virtualServices) {
      List<String> written = new ArrayList<>();
      for (HttpRoute route : Delegates.expand(service, view, namespace)) {
        route.route().forEach(d -> written.add(d.destination().host()));
        route.mirrors().forEach(m -> written.add(m.destination().host()));
      }
      service.tcp().forEach(t -> t.route().forEach(d -> written.add(d.destination().host())));
      service.tls().forEach(t -> t.route().forEach(d -> written.add(d.destination().host())));
      String owner = service.source().namespace();
      written.forEach(h -> hosts.add(Hosts.resolve(h, owner, view.settings())));
    }
    Destination proxy = egressProxy;
    if (proxy != null) {
      hosts.add(Hosts.resolve(proxy.host(), namespace, view.settings()));
    }
    return hosts;
  }

  /** Services in the order of their hosts, each host once. */
  List<MeshService> services() {
    return byHost.values().stream().sorted(MeshService.ORDER).toList();
  }

  /** The same with those that the caller cannot name, and that routes lead it to. */
  List<MeshService> reached() {
    List<MeshService> all = new ArrayList<>(services());
    all.addAll(throughRoutes);
    return all;
  }

  /** The service of that host as this caller sees it. */
  @Nullable MeshService service(String host) {
    return byHost.get(host);
  }

  /** Whether the host, or one under it where it is a wildcard, is a service's. */
  boolean covered(String host) {
    return host.startsWith("*")
        ? byHost.keySet().stream().anyMatch(h -> Hosts.covers(host, h))
        : byHost.containsKey(host);
  }

  /** Rules for calls between workloads, oldest first. */
  List<VirtualService> virtualServices() {
    return virtualServices;
  }

  /** Whether hosts that are not seen may be called. */
  boolean allowAny() {
    return allowAny;
  }

  /** Where calls to such hosts go: straight on, nowhere, or to the proxy of the Sidecar. */
  String clusterOfRest(MeshSettings settings) {
    Destination proxy = egressProxy;
    if (!allowAny) {
      return ClusterName.BLACK_HOLE;
    }
    return proxy == null
        ? ClusterName.PASSTHROUGH
        : ClusterName.outbound(
            proxy.port(), proxy.subset(), Hosts.resolve(proxy.host(), namespace, settings));
  }
}
