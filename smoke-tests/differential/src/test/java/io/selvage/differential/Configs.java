package io.selvage.differential;

import com.google.protobuf.Any;
import com.google.protobuf.BoolValue;
import com.google.protobuf.Duration;
import com.google.protobuf.MessageLite;
import io.envoyproxy.envoy.config.accesslog.v3.AccessLog;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.Address;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;
import io.envoyproxy.envoy.config.core.v3.SubstitutionFormatString;
import io.envoyproxy.envoy.config.core.v3.TrafficDirection;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.Endpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.envoyproxy.envoy.extensions.access_loggers.file.v3.FileAccessLog;
import io.envoyproxy.envoy.extensions.filters.http.cors.v3.Cors;
import io.envoyproxy.envoy.extensions.filters.http.fault.v3.HTTPFault;
import io.envoyproxy.envoy.extensions.filters.http.router.v3.Router;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import java.util.Arrays;
import java.util.List;

/** Resources in the shape in which a control plane of Istio's dialect sends them. */
final class Configs {
  static final int PORT = 9000;

  private Configs() {}

  /** The type URL of messages of the published Envoy API follows from their Java package. */
  static Any any(MessageLite message) {
    String name = message.getClass().getName().replace("io.envoyproxy.envoy.", "envoy.");
    return Any.newBuilder()
        .setTypeUrl("type.googleapis.com/" + name)
        .setValue(message.toByteString())
        .build();
  }

  /** An outbound HTTP listener on {@code address:9000} with these routes. */
  static Listener listener(RealEnvoy envoy, String address, RouteConfiguration routes) {
    return listener(address, manager(envoy, routes).build());
  }

  static Listener listener(String address, HttpConnectionManager manager) {
    return Listener.newBuilder()
        .setName(address + "_" + PORT)
        .setTrafficDirection(TrafficDirection.OUTBOUND)
        .setAddress(socket(address, PORT))
        .addFilterChains(
            FilterChain.newBuilder()
                .addFilters(
                    Filter.newBuilder()
                        .setName("envoy.filters.network.http_connection_manager")
                        .setTypedConfig(any(manager))))
        .build();
  }

  /** As Istio's outbound listeners: fault, CORS, router; normalised paths. */
  static HttpConnectionManager.Builder manager(RealEnvoy envoy, RouteConfiguration routes) {
    return HttpConnectionManager.newBuilder()
        .setStatPrefix("differential")
        .setRouteConfig(routes)
        .setNormalizePath(BoolValue.of(true))
        .setUseRemoteAddress(BoolValue.of(false))
        .addAccessLog(accessLog(envoy))
        .addHttpFilters(filter("envoy.filters.http.fault", HTTPFault.getDefaultInstance()))
        .addHttpFilters(filter("envoy.filters.http.cors", Cors.getDefaultInstance()))
        .addHttpFilters(filter("envoy.filters.http.router", Router.getDefaultInstance()));
  }

  /** The log that {@link RealEnvoy#decisions} reads. */
  static AccessLog accessLog(RealEnvoy envoy) {
    return AccessLog.newBuilder()
        .setName("envoy.access_loggers.file")
        .setTypedConfig(
            any(
                FileAccessLog.newBuilder()
                    .setPath(envoy.accessLog())
                    .setLogFormat(
                        SubstitutionFormatString.newBuilder()
                            .setTextFormatSource(
                                DataSource.newBuilder()
                                    .setInlineString(
                                        "%REQ(X-CASE)% %RESPONSE_FLAGS% %UPSTREAM_CLUSTER%\n")))
                    .build()))
        .build();
  }

  static HttpFilter filter(String name, MessageLite config) {
    return HttpFilter.newBuilder().setName(name).setTypedConfig(any(config)).build();
  }

  /** A cluster with these hosts ({@code address:port}) in it, round robin. */
  static Cluster.Builder cluster(String name, String... hosts) {
    return Cluster.newBuilder()
        .setName(name)
        .setType(Cluster.DiscoveryType.STATIC)
        .setConnectTimeout(Duration.newBuilder().setSeconds(1))
        .setLoadAssignment(endpoints(name, hosts));
  }

  static ClusterLoadAssignment endpoints(String cluster, String... hosts) {
    LocalityLbEndpoints.Builder all = LocalityLbEndpoints.newBuilder();
    Arrays.stream(hosts).forEach(host -> all.addLbEndpoints(endpoint(host)));
    return ClusterLoadAssignment.newBuilder().setClusterName(cluster).addEndpoints(all).build();
  }

  static LbEndpoint endpoint(String host) {
    int colon = host.lastIndexOf(':');
    return LbEndpoint.newBuilder()
        .setEndpoint(
            Endpoint.newBuilder()
                .setAddress(
                    socket(host.substring(0, colon), Integer.parseInt(host.substring(colon + 1)))))
        .build();
  }

  static Address socket(String address, int port) {
    return Address.newBuilder()
        .setSocketAddress(SocketAddress.newBuilder().setAddress(address).setPortValue(port))
        .build();
  }

  /** Everything for any authority goes to one cluster, as this action says. */
  static RouteConfiguration routes(RouteAction.Builder action) {
    return routes(Route.newBuilder().setRoute(action));
  }

  /** One virtual host for any authority; a route without a match takes everything. */
  static RouteConfiguration routes(Route.Builder... routes) {
    VirtualHost.Builder host = VirtualHost.newBuilder().setName("all").addDomains("*");
    for (Route.Builder route : routes) {
      if (!route.hasMatch()) {
        route.setMatch(RouteMatch.newBuilder().setPrefix("/"));
      }
      host.addRoutes(route);
    }
    return RouteConfiguration.newBuilder().setName("differential").addVirtualHosts(host).build();
  }

  static RouteAction.Builder to(String cluster) {
    return RouteAction.newBuilder().setCluster(cluster);
  }

  static String at(String address) {
    return address + ":" + PORT;
  }

  static Resources resources(Listener listener, Cluster.Builder... clusters) {
    return Resources.of(
        List.of(listener), Arrays.stream(clusters).map(Cluster.Builder::build).toList());
  }
}
