package io.selvage.controller.translate;

import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.config.listener.v3.ListenerFilter;
import io.envoyproxy.envoy.extensions.filters.http.cors.v3.Cors;
import io.envoyproxy.envoy.extensions.filters.http.fault.v3.HTTPFault;
import io.envoyproxy.envoy.extensions.filters.http.router.v3.Router;
import io.envoyproxy.envoy.extensions.filters.http.stateful_session.v3.StatefulSession;
import io.envoyproxy.envoy.extensions.filters.listener.http_inspector.v3.HttpInspector;
import io.envoyproxy.envoy.extensions.filters.listener.original_dst.v3.OriginalDst;
import io.envoyproxy.envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import io.envoyproxy.envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy;
import io.selvage.controller.resource.view.VirtualService.WeightedDestination;
import java.time.Duration;
import java.util.List;

/** Filters that both directions share. */
final class Filters {
  static final HttpFilter FAULT =
      Protos.httpFilter("envoy.filters.http.fault", HTTPFault.getDefaultInstance());
  static final HttpFilter CORS =
      Protos.httpFilter("envoy.filters.http.cors", Cors.getDefaultInstance());
  static final HttpFilter STATEFUL_SESSION =
      Protos.httpFilter(StatefulSessions.FILTER, StatefulSession.getDefaultInstance());
  static final HttpFilter ROUTER =
      Protos.httpFilter("envoy.filters.http.router", Router.getDefaultInstance());

  static final ListenerFilter TLS_INSPECTOR =
      ListenerFilter.newBuilder()
          .setName("envoy.filters.listener.tls_inspector")
          .setTypedConfig(Protos.any(TlsInspector.getDefaultInstance()))
          .build();
  static final ListenerFilter HTTP_INSPECTOR =
      ListenerFilter.newBuilder()
          .setName("envoy.filters.listener.http_inspector")
          .setTypedConfig(Protos.any(HttpInspector.getDefaultInstance()))
          .build();
  static final ListenerFilter ORIGINAL_DST =
      ListenerFilter.newBuilder()
          .setName("envoy.filters.listener.original_dst")
          .setTypedConfig(Protos.any(OriginalDst.getDefaultInstance()))
          .build();

  private Filters() {}

  /** A manager with Istio's settings for paths, streams and protocols. */
  static HttpConnectionManager.Builder manager(String statPrefix) {
    return HttpConnectionManager.newBuilder()
        .setCodecType(HttpConnectionManager.CodecType.AUTO)
        .setStatPrefix(statPrefix)
        .setUseRemoteAddress(Protos.flag(false))
        .setNormalizePath(Protos.flag(true))
        .setStreamIdleTimeout(Protos.duration(Duration.ZERO))
        .addUpgradeConfigs(
            HttpConnectionManager.UpgradeConfig.newBuilder().setUpgradeType("websocket"));
  }

  static Filter http(HttpConnectionManager manager) {
    return Filter.newBuilder()
        .setName("envoy.filters.network.http_connection_manager")
        .setTypedConfig(Protos.any(manager))
        .build();
  }

  static Filter tcp(String cluster) {
    return tcp(TcpProxy.newBuilder().setStatPrefix(cluster).setCluster(cluster));
  }

  static Filter tcp(String cluster, Policy policy) {
    TcpProxy.Builder proxy = TcpProxy.newBuilder().setStatPrefix(cluster).setCluster(cluster);
    TcpPolicy.apply(proxy, policy);
    return tcp(proxy);
  }

  /** Shares of connections; a single cluster takes all. */
  static Filter tcp(
      String statPrefix, List<String> clusters, List<WeightedDestination> shares, Policy policy) {
    if (clusters.size() == 1) {
      return tcp(clusters.get(0), policy);
    }
    TcpProxy.WeightedCluster.Builder weighted = TcpProxy.WeightedCluster.newBuilder();
    for (int i = 0; i < clusters.size(); i++) {
      if (shares.get(i).weight() > 0) {
        weighted.addClusters(
            TcpProxy.WeightedCluster.ClusterWeight.newBuilder()
                .setName(clusters.get(i))
                .setWeight(shares.get(i).weight()));
      }
    }
    TcpProxy.Builder proxy =
        TcpProxy.newBuilder().setStatPrefix(statPrefix).setWeightedClusters(weighted);
    TcpPolicy.apply(proxy, policy);
    return tcp(proxy);
  }

  private static Filter tcp(TcpProxy.Builder proxy) {
    return Filter.newBuilder()
        .setName("envoy.filters.network.tcp_proxy")
        .setTypedConfig(Protos.any(proxy.build()))
        .build();
  }
}
