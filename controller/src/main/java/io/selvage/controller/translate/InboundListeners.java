package io.selvage.controller.translate;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.envoyproxy.envoy.config.core.v3.TrafficDirection;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.Endpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.FilterChainMatch;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.Decorator;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.selvage.controller.registry.ServicePort;
import io.selvage.controller.registry.WorkloadNode;
import io.selvage.controller.resource.view.PeerAuthentication.Mode;
import io.selvage.controller.resource.view.Sidecar;
import io.selvage.controller.resource.view.TrafficPolicy.ConnectionPool;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The way in to one workload: {@code virtualInbound} with chains by port, or a bound listener for
 * each port where nothing intercepts.
 */
final class InboundListeners {
  private static final int INBOUND = 15006;
  private static final Duration TLS_DETECTION = Duration.ofSeconds(10);
  private final MeshView view;
  private final WorkloadNode node;
  private final PeerModes modes;
  private final Authorization authorization;
  private final TokenChecks tokens;
  private final boolean intercepting;
  private final boolean sds;
  private final Map<Integer, ServicePort> ports = new LinkedHashMap<>();

  InboundListeners(MeshView view, WorkloadNode node, Problems problems) {
    this.view = view;
    this.node = node;
    this.modes = new PeerModes(view, node);
    this.authorization = new Authorization(view, node, problems);
    this.tokens = new TokenChecks(view, node, problems);
    this.intercepting = node.intercepting() || node.isAgent();
    this.sds = intercepting && !node.isAgent();
    node.ports().forEach(p -> ports.putIfAbsent(p.target(), p));
  }

  List<Listener> listeners() {
    if (!intercepting) {
      return ports.values().stream().map(this::bound).toList();
    }
    Listener.Builder listener =
        Listener.newBuilder()
            .setName("virtualInbound")
            .setAddress(Protos.address("0.0.0.0", INBOUND))
            .setTrafficDirection(TrafficDirection.INBOUND)
            .addListenerFilters(Filters.ORIGINAL_DST)
            .addListenerFilters(Filters.TLS_INSPECTOR)
            .addListenerFilters(Filters.HTTP_INSPECTOR)
            .setListenerFiltersTimeout(Protos.duration(TLS_DETECTION));
    ports.values().forEach(p -> listener.addAllFilterChains(chains(p, true)));
    rest(listener);
    Struct own = view.own().workload(node);
    if (own != null) {
      listener.setMetadata(Metadata.newBuilder().putFilterMetadata(OwnKinds.KEY, own));
    }
    return List.of(listener.build());
  }

  private Listener bound(ServicePort port) {
    return Listener.newBuilder()
        .setName(node.address() + "_" + port.target())
        .setAddress(Protos.address(node.address(), port.target()))
        .setTrafficDirection(TrafficDirection.INBOUND)
        .addListenerFilters(Filters.TLS_INSPECTOR)
        .setListenerFiltersTimeout(Protos.duration(TLS_DETECTION))
        .addAllFilterChains(chains(port, false))
        .build();
  }

  /** Ports that are no service's: as open as the workload's mode says. */
  private void rest(Listener.Builder listener) {
    Mode mode = modes.of(0);
    Filter proxy = Filters.tcp("InboundPassthroughCluster");
    if (mode != Mode.DISABLE) {
      listener.addFilterChains(
          FilterChain.newBuilder()
              .setName("virtualInbound-catchall-mtls")
              .setFilterChainMatch(
                  FilterChainMatch.newBuilder()
                      .setTransportProtocol("tls")
                      .addAllApplicationProtocols(
                          mode == Mode.STRICT ? List.of() : TlsContexts.ALPN_TCP))
              .setTransportSocket(
                  TlsContexts.downstream(TlsContexts.ALPN_SERVER, view.settings(), sds))
              .addAllFilters(authorization.tcpFilters())
              .addFilters(proxy));
    }
    if (mode != Mode.STRICT) {
      listener.addFilterChains(
          FilterChain.newBuilder()
              .setName("virtualInbound-catchall-plain")
              .setFilterChainMatch(FilterChainMatch.newBuilder().setTransportProtocol("raw_buffer"))
              .addAllFilters(authorization.tcpFilters())
              .addFilters(proxy));
    }
  }

  private List<FilterChain> chains(ServicePort port, boolean byPort) {
    Mode mode = modes.of(port.target());
    boolean http = Protocol.of(port.protocol()).isHttp();
    List<FilterChain> chains = new ArrayList<>();
    if (mode != Mode.DISABLE) {
      FilterChainMatch.Builder match = FilterChainMatch.newBuilder().setTransportProtocol("tls");
      if (mode == Mode.PERMISSIVE) {
        match.addAllApplicationProtocols(http ? TlsContexts.MESH_HTTP : TlsContexts.ALPN_TCP);
      }
      chains.add(
          chain(port, match, byPort, http, "tls")
              .setTransportSocket(
                  TlsContexts.downstream(
                      http ? TlsContexts.ALPN_SERVER : TlsContexts.ALPN_TCP, view.settings(), sds))
              .build());
    }
    List<String> exempt = modes.plaintextPaths(port.target());
    if (http && !exempt.isEmpty()) {
      chains.add(exempting(port, exempt, byPort));
    }
    if (mode != Mode.STRICT) {
      chains.add(
          chain(
                  port,
                  FilterChainMatch.newBuilder().setTransportProtocol("raw_buffer"),
                  byPort,
                  http,
                  "plain")
              .build());
    }
    return chains;
  }

  /**
   * Plaintext for health probes and metrics alone; an Envoy obeys the filter, an agent knows why.
   */
  @SuppressWarnings("deprecation") // the chain's own metadata: Envoy reads it no more
  private FilterChain exempting(ServicePort port, List<String> paths, boolean byPort) {
    FilterChainMatch.Builder match =
        FilterChainMatch.newBuilder().setTransportProtocol("raw_buffer");
    if (byPort) {
      match.setDestinationPort(Protos.number(port.target()));
    }
    HttpConnectionManager.Builder manager = manager(port).toBuilder();
    manager.addHttpFilters(0, Authorization.only(paths));
    return FilterChain.newBuilder()
        .setName(node.address() + "_" + port.target() + "_exempt")
        .setFilterChainMatch(match)
        .addFilters(Filters.http(manager.build()))
        .setMetadata(
            Metadata.newBuilder()
                .putFilterMetadata(
                    OwnKinds.KEY,
                    Struct.newBuilder()
                        .putFields("exempt", Value.newBuilder().setBoolValue(true).build())
                        .build()))
        .build();
  }

  private FilterChain.Builder chain(
      ServicePort port, FilterChainMatch.Builder match, boolean byPort, boolean http, String kind) {
    if (byPort) {
      match.setDestinationPort(Protos.number(port.target()));
    }
    FilterChain.Builder chain =
        FilterChain.newBuilder()
            .setName(node.address() + "_" + port.target() + "_" + kind)
            .setFilterChainMatch(match);
    if (http) {
      chain.addFilters(Filters.http(manager(port)));
    } else {
      chain
          .addAllFilters(authorization.tcpFilters())
          .addFilters(Filters.tcp(ClusterName.inbound(port.target())));
    }
    return chain;
  }

  private HttpConnectionManager manager(ServicePort port) {
    String cluster = ClusterName.inbound(port.target());
    HttpConnectionManager.Builder manager =
        Filters.manager("inbound_" + node.address() + "_" + port.target())
            .setForwardClientCertDetails(
                HttpConnectionManager.ForwardClientCertDetails.SANITIZE_SET)
            .setSetCurrentClientCertDetails(
                HttpConnectionManager.SetCurrentClientCertDetails.newBuilder()
                    .setSubject(Protos.flag(true))
                    .setDns(true)
                    .setUri(true))
            .setServerHeaderTransformation(
                HttpConnectionManager.ServerHeaderTransformation.PASS_THROUGH)
            .addAllHttpFilters(tokens.filters())
            .addAllHttpFilters(authorization.httpFilters())
            .addHttpFilters(Filters.FAULT)
            .addHttpFilters(Filters.ROUTER);
    Route route =
        Route.newBuilder()
            .setName("default")
            .setMatch(RouteMatches.everything())
            .setRoute(
                RouteAction.newBuilder()
                    .setCluster(cluster)
                    .setTimeout(Protos.duration(Duration.ZERO)))
            .setDecorator(
                Decorator.newBuilder()
                    .setOperation(
                        view.settings().hostOf(node.service(), node.namespace())
                            + ":"
                            + port.number()
                            + "/*"))
            .build();
    manager.setRouteConfig(
        RouteConfiguration.newBuilder()
            .setName(cluster)
            .setValidateClusters(Protos.flag(false))
            .addVirtualHosts(
                VirtualHost.newBuilder()
                    .setName("inbound|http|" + port.number())
                    .addDomains("*")
                    .addRoutes(route)));
    return manager.build();
  }

  List<Cluster> clusters() {
    List<Cluster> clusters = new ArrayList<>();
    ports.values().forEach(p -> clusters.add(cluster(p)));
    clusters.addAll(tokens.clusters());
    if (intercepting) {
      clusters.add(
          Cluster.newBuilder()
              .setName("InboundPassthroughCluster")
              .setType(Cluster.DiscoveryType.ORIGINAL_DST)
              .setLbPolicy(Cluster.LbPolicy.CLUSTER_PROVIDED)
              .setConnectTimeout(Protos.duration(TLS_DETECTION))
              .setCircuitBreakers(CircuitBreaking.unlimited())
              .build());
    }
    return clusters;
  }

  private Cluster cluster(ServicePort port) {
    String name = ClusterName.inbound(port.target());
    Cluster.Builder cluster =
        Cluster.newBuilder()
            .setName(name)
            .setConnectTimeout(Protos.duration(TLS_DETECTION))
            .setCircuitBreakers(CircuitBreaking.unlimited())
            .setType(Cluster.DiscoveryType.STATIC)
            .setLoadAssignment(
                ClusterLoadAssignment.newBuilder()
                    .setClusterName(name)
                    .addEndpoints(
                        LocalityLbEndpoints.newBuilder()
                            .addLbEndpoints(
                                LbEndpoint.newBuilder()
                                    .setEndpoint(
                                        Endpoint.newBuilder()
                                            .setAddress(
                                                Protos.address("127.0.0.1", port.app()))))));
    Policy policy = Policy.of(pool(port));
    if (policy.connectionPool() != null) {
      CircuitBreaking.apply(cluster, policy);
    }
    Protocol protocol = Protocol.of(port.protocol());
    if (protocol.isHttp()) {
      HttpOptions.apply(cluster, policy, protocol.isHttp2());
    }
    return cluster.build();
  }

  /** What the workload's Sidecar lets in: by port, else for all of them. */
  private @Nullable ConnectionPool pool(ServicePort port) {
    Sidecar sidecar = view.sidecar(view.sidecarOf(node));
    if (sidecar == null) {
      return null;
    }
    for (Sidecar.Ingress each : sidecar.ingress()) {
      Sidecar.ListenerPort at = each.port();
      if (at != null && at.number() == port.target() && each.connectionPool() != null) {
        return each.connectionPool();
      }
    }
    return sidecar.inboundConnectionPool();
  }
}
