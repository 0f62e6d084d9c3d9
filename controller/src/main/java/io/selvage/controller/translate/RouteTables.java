package io.selvage.controller.translate;

import com.google.protobuf.UInt32Value;
import io.envoyproxy.envoy.config.route.v3.DirectResponseAction;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.selvage.controller.resource.view.VirtualService;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Route configurations {@code <port>}: a virtual host for each HTTP service on the port. */
final class RouteTables {
  private static final int MAX_DIRECT_BYTES = 1024 * 1024;

  /** Istio: rules for hosts that are no service's hold on this port. */
  private static final int STRANGERS_PORT = 80;

  private final MeshView view;
  private final Caller caller;
  private final Rules rules;
  private final Map<String, VirtualService> strangers;
  private final HttpRoutes routes;

  RouteTables(MeshView view, Caller caller, Rules rules) {
    this.view = view;
    this.caller = caller;
    this.rules = rules;
    this.strangers = strangers();
    this.routes = new HttpRoutes(view, caller, rules);
  }

  /** Ports on which somebody speaks HTTP. */
  Set<Integer> ports() {
    Set<Integer> ports = new TreeSet<>();
    for (MeshService service : rules.scope().services()) {
      for (MeshPort port : service.ports()) {
        if (port.protocol().isHttp()) {
          ports.add(port.number());
        }
      }
    }
    if (!strangers.isEmpty()) {
      ports.add(STRANGERS_PORT);
    }
    return ports;
  }

  List<RouteConfiguration> all() {
    return ports().stream().map(this::table).toList();
  }

  private RouteConfiguration table(int port) {
    RouteConfiguration.Builder table =
        RouteConfiguration.newBuilder()
            .setName(Integer.toString(port))
            .setValidateClusters(Protos.flag(false))
            .setMaxDirectResponseBodySizeBytes(UInt32Value.of(MAX_DIRECT_BYTES));
    Set<String> taken = new HashSet<>();
    for (MeshService service : rules.scope().services()) {
      MeshPort found = service.port(port);
      if (found == null || !found.protocol().isHttp()) {
        continue;
      }
      List<String> domains = new ArrayList<>(domains(service, port));
      // Envoy refuses a table in which a domain is twice; the first by name keeps it
      domains.removeIf(d -> !taken.add(d));
      if (!domains.isEmpty()) {
        table.addVirtualHosts(
            VirtualHost.newBuilder()
                .setName(service.host() + ":" + port)
                .addAllDomains(domains)
                .setIncludeRequestAttemptCount(true)
                .addAllRoutes(routes.of(service, port)));
      }
    }
    if (port == STRANGERS_PORT) {
      strangers.forEach((host, rule) -> addStranger(table, host, rule, taken));
    }
    return table.addVirtualHosts(rest()).build();
  }

  /** Hosts of rules that are no service's, with the rule that comes first. */
  private Map<String, VirtualService> strangers() {
    Map<String, VirtualService> found = new LinkedHashMap<>();
    for (VirtualService rule : rules.scope().virtualServices()) {
      for (String written : rule.http().isEmpty() ? List.<String>of() : rule.hosts()) {
        String host = Hosts.resolve(written, rule.source().namespace(), view.settings());
        if (!rules.scope().covered(host)) {
          found.putIfAbsent(host, rule);
        }
      }
    }
    return found;
  }

  private void addStranger(
      RouteConfiguration.Builder table, String host, VirtualService rule, Set<String> taken) {
    List<String> domains = new ArrayList<>(List.of(host, host + ":" + STRANGERS_PORT));
    domains.removeIf(d -> !taken.add(d));
    if (!domains.isEmpty()) {
      table.addVirtualHosts(
          VirtualHost.newBuilder()
              .setName(host + ":" + STRANGERS_PORT)
              .addAllDomains(domains)
              .setIncludeRequestAttemptCount(true)
              .addAllRoutes(routes.of(rule, host, STRANGERS_PORT)));
    }
  }

  private Collection<String> domains(MeshService service, int port) {
    Set<String> domains = new LinkedHashSet<>();
    for (String name : service.namesFor(caller.namespace())) {
      domains.add(name);
      domains.add(name + ":" + port);
    }
    for (String address : service.singleAddresses()) {
      String written = address.indexOf(':') < 0 ? address : "[" + address + "]";
      domains.add(written);
      domains.add(written + ":" + port);
    }
    return domains;
  }

  /** What happens to hosts that the mesh does not know. */
  private VirtualHost rest() {
    String cluster = rules.scope().clusterOfRest(view.settings());
    boolean allow = !cluster.equals(ClusterName.BLACK_HOLE);
    Route.Builder route =
        Route.newBuilder()
            .setName(allow ? "allow_any" : "block_all")
            .setMatch(RouteMatches.everything());
    if (allow) {
      route.setRoute(
          RouteAction.newBuilder().setCluster(cluster).setTimeout(Protos.duration(Duration.ZERO)));
    } else {
      route.setDirectResponse(DirectResponseAction.newBuilder().setStatus(502));
    }
    return VirtualHost.newBuilder()
        .setName(allow ? "allow_any" : "block_all")
        .addDomains("*")
        .setIncludeRequestAttemptCount(true)
        .addRoutes(route)
        .build();
  }
}
