package io.selvage.controller.translate;

import io.envoyproxy.envoy.config.core.v3.TrafficDirection;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.FilterChainMatch;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.Rds;
import io.selvage.controller.resource.view.VirtualService;
import io.selvage.controller.resource.view.VirtualService.L4Match;
import io.selvage.controller.resource.view.VirtualService.WeightedDestination;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Outbound listeners: {@code 0.0.0.0_<port>} for HTTP, {@code <VIP>_<port>} for TCP. */
final class OutboundListeners {
  private static final int OUTBOUND = 15001;
  private final MeshView view;
  private final Caller caller;
  private final Rules rules;
  private final RouteTables tables;
  private final HttpRoutes destinations;

  OutboundListeners(MeshView view, Caller caller, Rules rules, RouteTables tables) {
    this.view = view;
    this.caller = caller;
    this.rules = rules;
    this.tables = tables;
    this.destinations = new HttpRoutes(view, caller, rules);
  }

  List<Listener> all() {
    List<Listener> listeners = new ArrayList<>();
    Set<Integer> http = tables.ports();
    http.forEach(port -> listeners.add(http(port)));
    Set<String> names = new HashSet<>();
    for (MeshService service : rules.scope().services()) {
      for (MeshPort port : service.ports()) {
        if (!port.protocol().isHttp()) {
          tcp(listeners, names, http, service, port);
        }
      }
    }
    if (caller.intercepting()) {
      listeners.add(virtual());
    }
    return listeners;
  }

  private Listener http(int port) {
    String address = caller.intercepting() ? "0.0.0.0" : caller.bind();
    HttpConnectionManager manager =
        Filters.manager("outbound_" + address + "_" + port)
            .setRds(
                Rds.newBuilder()
                    .setConfigSource(Protos.ADS)
                    .setRouteConfigName(Integer.toString(port)))
            .addHttpFilters(Filters.FAULT)
            .addHttpFilters(Filters.CORS)
            .addHttpFilters(Filters.ROUTER)
            .build();
    return listener(address, port)
        .addFilterChains(FilterChain.newBuilder().addFilters(Filters.http(manager)))
        .build();
  }

  private Listener.Builder listener(String address, int port) {
    Listener.Builder listener =
        Listener.newBuilder()
            .setName(address + "_" + port)
            .setAddress(Protos.address(address, port))
            .setTrafficDirection(TrafficDirection.OUTBOUND);
    if (caller.intercepting()) {
      listener.setBindToPort(Protos.flag(false));
    }
    return listener;
  }

  private void tcp(
      List<Listener> to, Set<String> names, Set<Integer> http, MeshService service, MeshPort port) {
    String address = service.vip().isEmpty() ? "0.0.0.0" : service.vip();
    if (!caller.intercepting()) {
      // one bound socket for a port: HTTP has it, or the first by name
      if (http.contains(port.number())) {
        return;
      }
      address = caller.bind();
    } else if (address.equals("0.0.0.0") && http.contains(port.number())) {
      return;
    }
    if (names.add(address + "_" + port.number())) {
      Listener.Builder listener = listener(address, port.number());
      chains(listener, service, port);
      to.add(listener.build());
    }
  }

  private void chains(Listener.Builder listener, MeshService service, MeshPort port) {
    VirtualService rule = rules.virtualService(service.host());
    boolean inspects = false;
    if (rule != null) {
      for (int i = 0; i < rule.tls().size(); i++) {
        VirtualService.TlsRoute route = rule.tls().get(i);
        for (L4Match match : route.match()) {
          if (applies(match, port.number())) {
            inspects = true;
            listener.addFilterChains(
                FilterChain.newBuilder()
                    .setFilterChainMatch(
                        FilterChainMatch.newBuilder().addAllServerNames(match.sniHosts()))
                    .addFilters(
                        proxy(rule, route.route(), service, port, "spec.tls[" + i + "].route")));
          }
        }
      }
    }
    if (inspects) {
      listener.addListenerFilters(Filters.TLS_INSPECTOR);
    }
    listener.addFilterChains(FilterChain.newBuilder().addFilters(byTcpRoutes(rule, service, port)));
  }

  private Filter byTcpRoutes(
      @org.jspecify.annotations.Nullable VirtualService rule, MeshService service, MeshPort port) {
    if (rule != null) {
      for (int i = 0; i < rule.tcp().size(); i++) {
        VirtualService.TcpRoute route = rule.tcp().get(i);
        boolean applies =
            route.match().isEmpty()
                || route.match().stream().anyMatch(m -> applies(m, port.number()));
        if (applies && !route.route().isEmpty()) {
          return proxy(rule, route.route(), service, port, "spec.tcp[" + i + "].route");
        }
      }
    }
    return Filters.tcp(ClusterName.outbound(port.number(), "", service.host()));
  }

  private boolean applies(L4Match match, int port) {
    Integer wanted = match.port();
    return (wanted == null || wanted == port)
        && (match.gateways().isEmpty() || match.gateways().contains("mesh"))
        && (match.sourceNamespace().isEmpty() || match.sourceNamespace().equals(caller.namespace()))
        && ServiceIndex.matches(match.sourceLabels(), caller.labels());
  }

  private Filter proxy(
      VirtualService rule,
      List<WeightedDestination> to,
      MeshService service,
      MeshPort port,
      String field) {
    List<String> clusters = new ArrayList<>();
    for (int i = 0; i < to.size(); i++) {
      clusters.add(
          destinations.cluster(
              rule, to.get(i).destination(), port.number(), field + "[" + i + "].destination"));
    }
    return Filters.tcp(ClusterName.outbound(port.number(), "", service.host()), clusters, to);
  }

  /** Everything that no other listener takes. */
  private Listener virtual() {
    String rest = rules.scope().clusterOfRest(view.settings());
    return Listener.newBuilder()
        .setName("virtualOutbound")
        .setAddress(Protos.address("0.0.0.0", OUTBOUND))
        .setTrafficDirection(TrafficDirection.OUTBOUND)
        .setUseOriginalDst(Protos.flag(true))
        .addFilterChains(
            FilterChain.newBuilder()
                .setName("virtualOutbound-catchall-tcp")
                .addFilters(Filters.tcp(rest)))
        .build();
  }
}
