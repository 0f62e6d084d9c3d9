package io.selvage.control.parse;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UInt32Value;
import io.envoyproxy.envoy.config.cluster.v3.CircuitBreakers.Thresholds;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.Http2ProtocolOptions;
import io.envoyproxy.envoy.config.core.v3.KeepaliveSettings;
import io.envoyproxy.envoy.config.core.v3.RoutingPriority;
import io.envoyproxy.envoy.config.core.v3.TcpKeepalive;
import io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions;
import io.selvage.engine.model.CircuitBreakers;
import io.selvage.engine.model.ConnectionLimits;
import io.selvage.xds.newer.NewerRetryBudget;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A cluster's circuit breakers and what it says of connections and streams. */
final class LimitsParser {
  private static final String HTTP_OPTIONS =
      "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
  private static final double DEFAULT_BUDGET = 20;
  private static final int DEFAULT_RETRIES = 3;
  private static final int DEFAULT_LIMIT = 1024;

  private LimitsParser() {}

  /** The breakers of both priorities. */
  static CircuitBreakers circuitBreakers(Cluster cluster, Field f) {
    CircuitBreakers standard = breakers(cluster, RoutingPriority.DEFAULT, f);
    CircuitBreakers high = breakers(cluster, RoutingPriority.HIGH, f);
    return new CircuitBreakers(
        standard.maxConnections(),
        standard.maxPending(),
        standard.maxRequests(),
        standard.maxRetries(),
        standard.retryBudget(),
        standard.maxConnectionsPerHost(),
        high);
  }

  private static CircuitBreakers breakers(Cluster cluster, RoutingPriority priority, Field f) {
    int perHost = perHost(cluster, priority, f);
    for (int i = 0; i < cluster.getCircuitBreakers().getThresholdsCount(); i++) {
      Thresholds t = cluster.getCircuitBreakers().getThresholds(i);
      if (t.getPriority() == priority) {
        Field at = f.at("thresholds", i);
        // pools are the library's, of which there is one for a client
        at.unsupported(t.hasMaxConnectionPools(), "max_connection_pools");
        return new CircuitBreakers(
            Values.number(t.hasMaxConnections(), t.getMaxConnections(), DEFAULT_LIMIT),
            Values.number(t.hasMaxPendingRequests(), t.getMaxPendingRequests(), DEFAULT_LIMIT),
            Values.number(t.hasMaxRequests(), t.getMaxRequests(), DEFAULT_LIMIT),
            Values.number(t.hasMaxRetries(), t.getMaxRetries(), DEFAULT_RETRIES),
            t.hasRetryBudget() ? budget(t.getRetryBudget(), at.at("retry_budget")) : null,
            perHost,
            null);
      }
      if (t.getPriority() == RoutingPriority.UNRECOGNIZED) {
        f.at("thresholds", i).at("priority").refuse("unknown: " + t.getPriorityValue());
      }
    }
    return new CircuitBreakers(
        DEFAULT_LIMIT, DEFAULT_LIMIT, DEFAULT_LIMIT, DEFAULT_RETRIES, null, perHost, null);
  }

  private static int perHost(Cluster cluster, RoutingPriority priority, Field f) {
    for (int i = 0; i < cluster.getCircuitBreakers().getPerHostThresholdsCount(); i++) {
      Thresholds t = cluster.getCircuitBreakers().getPerHostThresholds(i);
      if (t.getPriority() == priority) {
        Field at = f.at("per_host_thresholds", i);
        at.forbidden(t.hasMaxPendingRequests(), "max_pending_requests");
        at.forbidden(t.hasMaxRequests(), "max_requests");
        at.forbidden(t.hasMaxRetries(), "max_retries");
        at.forbidden(t.hasMaxConnectionPools(), "max_connection_pools");
        at.forbidden(t.hasRetryBudget(), "retry_budget");
        return Values.number(t.hasMaxConnections(), t.getMaxConnections(), Integer.MAX_VALUE);
      }
    }
    return Integer.MAX_VALUE;
  }

  private static CircuitBreakers.RetryBudget budget(Thresholds.RetryBudget budget, Field f) {
    double percent =
        budget.hasBudgetPercent() ? budget.getBudgetPercent().getValue() : DEFAULT_BUDGET;
    if (!(percent >= 0 && percent <= 100)) {
      f.at("budget_percent").refuse("must be 0 to 100; found " + percent);
    }
    return new CircuitBreakers.RetryBudget(
        percent / 100,
        Values.number(
            budget.hasMinRetryConcurrency(), budget.getMinRetryConcurrency(), DEFAULT_RETRIES),
        budgetInterval(budget, f));
  }

  private static @Nullable Duration budgetInterval(Thresholds.RetryBudget budget, Field f) {
    NewerRetryBudget newer;
    try {
      newer = NewerRetryBudget.parseFrom(budget.toByteString());
    } catch (InvalidProtocolBufferException broken) {
      f.refuse("is no RetryBudget: " + broken.getMessage());
      return null;
    }
    if (!newer.hasBudgetInterval()) {
      return null;
    }
    Field at = f.at("budget_interval");
    Duration interval = Values.duration(newer.getBudgetInterval(), at);
    return interval.isZero() ? null : interval;
  }

  /** What the cluster says of its connections; its counts are the default priority's. */
  static ConnectionLimits connections(
      Cluster cluster, CircuitBreakers breakers, Duration connectTimeout, Field f) {
    HttpProtocolOptions options = options(cluster, f);
    var common = common(cluster, options);
    Field at = f.at("common_http_protocol_options");
    Http2ProtocolOptions http2 = http2(cluster, options);
    return new ConnectionLimits(
        breakers.maxConnections(),
        breakers.maxConnectionsPerHost(),
        breakers.maxPending(),
        perConnection(cluster, common),
        number(http2.hasMaxConcurrentStreams(), http2.getMaxConcurrentStreams()),
        connectTimeout,
        common.hasIdleTimeout()
            ? Values.duration(common.getIdleTimeout(), at.at("idle_timeout"))
            : null,
        common.hasMaxConnectionDuration()
            ? positive(
                Values.duration(
                    common.getMaxConnectionDuration(), at.at("max_connection_duration")))
            : null,
        keepalive(cluster),
        http2.hasConnectionKeepalive() ? pings(http2.getConnectionKeepalive(), f) : null);
  }

  /** How long one attempt may last; null = no limit. */
  static @Nullable Duration maxStreamDuration(Cluster cluster, Field f) {
    var common = common(cluster, options(cluster, f));
    return common.hasMaxStreamDuration()
        ? positive(
            Values.duration(
                common.getMaxStreamDuration(),
                f.at("common_http_protocol_options.max_stream_duration")))
        : null;
  }

  private static HttpProtocolOptions options(Cluster cluster, Field f) {
    Any any = cluster.getTypedExtensionProtocolOptionsMap().get(HTTP_OPTIONS);
    HttpProtocolOptions options =
        any == null
            ? null
            : f.at("typed_extension_protocol_options", HTTP_OPTIONS)
                .unpack(any, HTTP_OPTIONS, HttpProtocolOptions.parser());
    return options == null ? HttpProtocolOptions.getDefaultInstance() : options;
  }

  @SuppressWarnings("deprecation") // the cluster's own fields are what older controllers send
  private static io.envoyproxy.envoy.config.core.v3.HttpProtocolOptions common(
      Cluster cluster, HttpProtocolOptions options) {
    return options.hasCommonHttpProtocolOptions()
        ? options.getCommonHttpProtocolOptions()
        : cluster.getCommonHttpProtocolOptions();
  }

  @SuppressWarnings("deprecation") // as above
  private static int perConnection(
      Cluster cluster, io.envoyproxy.envoy.config.core.v3.HttpProtocolOptions common) {
    return common.hasMaxRequestsPerConnection()
        ? number(true, common.getMaxRequestsPerConnection())
        : number(cluster.hasMaxRequestsPerConnection(), cluster.getMaxRequestsPerConnection());
  }

  @SuppressWarnings("deprecation") // as above
  private static Http2ProtocolOptions http2(Cluster cluster, HttpProtocolOptions options) {
    return switch (options.getUpstreamProtocolOptionsCase()) {
      case EXPLICIT_HTTP_CONFIG -> options.getExplicitHttpConfig().getHttp2ProtocolOptions();
      case USE_DOWNSTREAM_PROTOCOL_CONFIG ->
          options.getUseDownstreamProtocolConfig().getHttp2ProtocolOptions();
      case AUTO_CONFIG -> options.getAutoConfig().getHttp2ProtocolOptions();
      case UPSTREAMPROTOCOLOPTIONS_NOT_SET -> cluster.getHttp2ProtocolOptions();
    };
  }

  private static ConnectionLimits.@Nullable TcpKeepalive keepalive(Cluster cluster) {
    if (!cluster.getUpstreamConnectionOptions().hasTcpKeepalive()) {
      return null;
    }
    TcpKeepalive k = cluster.getUpstreamConnectionOptions().getTcpKeepalive();
    return new ConnectionLimits.TcpKeepalive(
        number(k.hasKeepaliveProbes(), k.getKeepaliveProbes()),
        k.hasKeepaliveTime() ? seconds(k.getKeepaliveTime()) : null,
        k.hasKeepaliveInterval() ? seconds(k.getKeepaliveInterval()) : null);
  }

  private static ConnectionLimits.Http2Keepalive pings(KeepaliveSettings k, Field f) {
    Field at = f.at("http2_protocol_options.connection_keepalive");
    at.warn("no effect: the libraries' own PINGs stay as they are; tcp_keepalive is honoured");
    return new ConnectionLimits.Http2Keepalive(
        k.hasInterval() ? Values.duration(k.getInterval(), at.at("interval")) : null,
        k.hasTimeout() ? Values.duration(k.getTimeout(), at.at("timeout")) : null);
  }

  private static int number(boolean present, UInt32Value value) {
    return Values.number(present, value, 0);
  }

  private static Duration seconds(UInt32Value value) {
    return Duration.ofSeconds(Integer.toUnsignedLong(value.getValue()));
  }

  /** Envoy: zero is no limit. */
  private static @Nullable Duration positive(Duration d) {
    return d.isZero() ? null : d;
  }
}
