package io.selvage.controller.translate;

import com.google.protobuf.Struct;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.envoyproxy.envoy.config.core.v3.TrafficDirection;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.FilterChainMatch;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.Rds;
import io.selvage.controller.resource.view.VirtualService;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Outbound listeners: {@code 0.0.0.0_<port>} for HTTP, {@code <VIP>_<port>} for TCP. */
final class OutboundListeners {
  private static final int OUTBOUND = 15001;
  private static final String ANY = "0.0.0.0";
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
    Map<String, Listener.Builder> byName = new LinkedHashMap<>();
    for (MeshService service : rules.scope().services()) {
      for (MeshPort port : service.ports()) {
        if (!port.protocol().isHttp()) {
          tcp(byName, http, service, port);
        }
      }
    }
    byName.values().forEach(l -> listeners.add(finished(l)));
    if (caller.intercepting()) {
      listeners.add(virtual());
    }
    return listeners;
  }

  private Listener http(int port) {
    String address = caller.intercepting() ? "0.0.0.0" : caller.bind();
    HttpConnectionManager.Builder manager =
        Filters.manager("outbound_" + address + "_" + port)
            .setRds(
                Rds.newBuilder()
                    .setConfigSource(Protos.ADS)
                    .setRouteConfigName(Integer.toString(port)))
            .addHttpFilters(Filters.FAULT)
            .addHttpFilters(Filters.CORS);
    if (view.gateway().persistsSessions()) {
      manager.addHttpFilters(Filters.STATEFUL_SESSION);
    }
    manager.addHttpFilters(Filters.ROUTER);
    return listener(address, port)
        .addFilterChains(FilterChain.newBuilder().addFilters(Filters.http(manager.build())))
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
      Map<String, Listener.Builder> to, Set<Integer> http, MeshService service, MeshPort port) {
    if (!caller.intercepting()) {
      // one bound socket for a port: HTTP has it, or the first by name
      if (!http.contains(port.number())) {
        at(to, caller.bind(), service, port);
      }
      return;
    }
    service.singleAddresses().forEach(address -> at(to, address, service, port));
    if (http.contains(port.number())) {
      return;
    }
    if (service.addresses().isEmpty()) {
      at(to, ANY, service, port);
    } else if (!service.ranges().isEmpty()) {
      FilterChainMatch.Builder match = FilterChainMatch.newBuilder();
      service.ranges().forEach(r -> match.addPrefixRanges(TcpRoutes.range(r)));
      to.computeIfAbsent(ANY + "_" + port.number(), n -> listener(ANY, port.number()))
          .addFilterChains(direct(service, port).setFilterChainMatch(match));
    }
  }

  private void at(
      Map<String, Listener.Builder> to, String address, MeshService service, MeshPort port) {
    String name = address + "_" + port.number();
    Listener.Builder listener = to.get(name);
    if (listener == null) {
      listener = listener(address, port.number());
      to.put(name, listener);
    }
    // of two services at one address and port the first by name has it
    if (listener.getFilterChainsList().stream().allMatch(FilterChain::hasFilterChainMatch)) {
      chains(listener, service, port);
    }
  }

  /** Connections that only ranges would take go where those to unknown hosts go. */
  private Listener finished(Listener.Builder listener) {
    if (listener.getFilterChainsList().stream().allMatch(FilterChain::hasFilterChainMatch)) {
      listener.setDefaultFilterChain(
          FilterChain.newBuilder()
              .addFilters(Filters.tcp(rules.scope().clusterOfRest(view.settings()))));
    }
    return listener.build();
  }

  private FilterChain.Builder direct(MeshService service, MeshPort port) {
    Policy policy = Policy.of(rules.destinationRule(service), null, port.number());
    return FilterChain.newBuilder()
        .addFilters(Filters.tcp(ClusterName.outbound(port.number(), "", service.host()), policy));
  }

  private void chains(Listener.Builder listener, MeshService service, MeshPort port) {
    VirtualService rule = rules.virtualService(service.host());
    List<FilterChain> chains =
        rule == null
            ? List.of()
            : new TcpRoutes(rules, destinations, caller).of(rule, service, port);
    if (chains.stream().anyMatch(c -> c.getFilterChainMatch().getServerNamesCount() > 0)) {
      listener.addListenerFilters(Filters.TLS_INSPECTOR);
    }
    listener.addAllFilterChains(chains);
    if (chains.stream().allMatch(FilterChain::hasFilterChainMatch)) {
      listener.addFilterChains(direct(service, port));
    }
  }

  /** Everything that no other listener takes. */
  private Listener virtual() {
    String rest = rules.scope().clusterOfRest(view.settings());
    Listener.Builder listener =
        Listener.newBuilder()
            .setName("virtualOutbound")
            .setAddress(Protos.address("0.0.0.0", OUTBOUND))
            .setTrafficDirection(TrafficDirection.OUTBOUND)
            .setUseOriginalDst(Protos.flag(true))
            .addFilterChains(
                FilterChain.newBuilder()
                    .setName("virtualOutbound-catchall-tcp")
                    .addFilters(Filters.tcp(rest)));
    Struct own = view.databases().caller(view, caller, rules.scope().services());
    if (own != null) {
      listener.setMetadata(Metadata.newBuilder().putFilterMetadata(OwnKinds.KEY, own));
    }
    return listener.build();
  }
}
