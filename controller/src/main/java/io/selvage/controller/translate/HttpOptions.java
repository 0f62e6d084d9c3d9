package io.selvage.controller.translate;

import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.Http1ProtocolOptions;
import io.envoyproxy.envoy.config.core.v3.Http2ProtocolOptions;
import io.envoyproxy.envoy.config.core.v3.HttpProtocolOptions;
import io.envoyproxy.envoy.config.core.v3.KeepaliveSettings;
import io.selvage.controller.resource.view.TrafficPolicy;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** {@code connectionPool} as Envoy's protocol options of an HTTP cluster, as istiod makes them. */
final class HttpOptions {
  private static final String NAME = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

  private HttpOptions() {}

  static void apply(Cluster.Builder cluster, Policy policy, boolean http2) {
    TrafficPolicy.ConnectionPool pool = policy.connectionPool();
    HttpProtocolOptions.Builder common = HttpProtocolOptions.newBuilder();
    Http2ProtocolOptions.Builder h2 = Http2ProtocolOptions.newBuilder();
    if (pool != null) {
      TrafficPolicy.Http http = pool.http();
      if (http.maxRequestsPerConnection() != null && http.maxRequestsPerConnection() > 0) {
        common.setMaxRequestsPerConnection(Protos.number(http.maxRequestsPerConnection()));
      }
      Duration idle = http.idleTimeout() == null ? pool.tcp().idleTimeout() : http.idleTimeout();
      if (idle != null) {
        common.setIdleTimeout(Protos.duration(idle));
      }
      if (pool.tcp().maxConnectionDuration() != null) {
        common.setMaxConnectionDuration(Protos.duration(pool.tcp().maxConnectionDuration()));
      }
      if (http.maxConcurrentStreams() != null && http.maxConcurrentStreams() > 0) {
        h2.setMaxConcurrentStreams(Protos.number(http.maxConcurrentStreams()));
      }
      pings(h2, http.http2KeepAlive());
    }
    var options =
        io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions.newBuilder()
            .setCommonHttpProtocolOptions(common);
    var explicit =
        io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions.ExplicitHttpConfig
            .newBuilder();
    if (http2) {
      explicit.setHttp2ProtocolOptions(h2);
    } else {
      explicit.setHttpProtocolOptions(Http1ProtocolOptions.getDefaultInstance());
    }
    options.setExplicitHttpConfig(explicit);
    TrafficPolicy.OutlierDetection outlier = policy.outlierDetection();
    if (outlier != null && !outlier.httpErrorCodes().isEmpty()) {
      options.setUnknownFields(NewerFields.errors(outlier.httpErrorCodes()));
    }
    cluster.putTypedExtensionProtocolOptions(NAME, Protos.any(options.build()));
  }

  private static void pings(
      Http2ProtocolOptions.Builder h2, TrafficPolicy.@Nullable H2KeepAlive asked) {
    if (asked == null) {
      return;
    }
    KeepaliveSettings.Builder pings = KeepaliveSettings.newBuilder();
    if (asked.interval() != null) {
      pings.setInterval(Protos.duration(asked.interval()));
    }
    if (asked.timeout() != null) {
      pings.setTimeout(Protos.duration(asked.timeout()));
    }
    h2.setConnectionKeepalive(pings);
  }
}
