package io.selvage.controller.resource.view;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Istio's {@code TrafficPolicy}; null parts are inherited. */
public record TrafficPolicy(
    @Nullable LoadBalancer loadBalancer,
    @Nullable ConnectionPool connectionPool,
    @Nullable OutlierDetection outlierDetection,
    @Nullable ClientTls tls,
    List<PortPolicy> portLevelSettings,
    @Nullable Tunnel tunnel,
    @Nullable ProxyProtocol proxyProtocol,
    @Nullable RetryBudget retryBudget) {

  static TrafficPolicy parse(Fields f) {
    return new TrafficPolicy(
        f.message("loadBalancer", LoadBalancer::parse),
        f.message("connectionPool", ConnectionPool::parse),
        f.message("outlierDetection", OutlierDetection::parse),
        f.message("tls", ClientTls::parse),
        f.list("portLevelSettings", PortPolicy::parse),
        f.message("tunnel", Tunnel::parse),
        f.has("proxyProtocol")
            ? f.object("proxyProtocol").oneOf("version", ProxyProtocol.class, ProxyProtocol.V1)
            : null,
        f.message("retryBudget", RetryBudget::parse));
  }

  /** Policy of one port; replaces the destination-level policy as a whole, as Istio's does. */
  public record PortPolicy(
      int port,
      @Nullable LoadBalancer loadBalancer,
      @Nullable ConnectionPool connectionPool,
      @Nullable OutlierDetection outlierDetection,
      @Nullable ClientTls tls) {
    static PortPolicy parse(Fields f) {
      return new PortPolicy(
          f.object("port").number("number"),
          f.message("loadBalancer", LoadBalancer::parse),
          f.message("connectionPool", ConnectionPool::parse),
          f.message("outlierDetection", OutlierDetection::parse),
          f.message("tls", ClientTls::parse));
    }
  }

  /** Limits of connections and requests; null means no limit of its own. */
  public record ConnectionPool(Tcp tcp, Http http) {
    static ConnectionPool parse(Fields f) {
      return new ConnectionPool(Tcp.parse(f.object("tcp")), Http.parse(f.object("http")));
    }
  }

  /** {@code connectionPool.tcp}. */
  public record Tcp(
      @Nullable Integer maxConnections,
      @Nullable Duration connectTimeout,
      @Nullable Keepalive tcpKeepalive,
      @Nullable Duration maxConnectionDuration,
      @Nullable Duration idleTimeout) {
    static Tcp parse(Fields f) {
      return new Tcp(
          f.numberOrNull("maxConnections"),
          f.durationOrNull("connectTimeout"),
          f.message("tcpKeepalive", Keepalive::parse),
          f.durationOrNull("maxConnectionDuration"),
          f.durationOrNull("idleTimeout"));
    }
  }

  /** TCP keep-alive. */
  public record Keepalive(
      @Nullable Integer probes, @Nullable Duration time, @Nullable Duration interval) {
    static Keepalive parse(Fields f) {
      return new Keepalive(
          f.numberOrNull("probes"), f.durationOrNull("time"), f.durationOrNull("interval"));
    }
  }

  /** {@code connectionPool.http}. */
  public record Http(
      @Nullable Integer http1MaxPendingRequests,
      @Nullable Integer http2MaxRequests,
      @Nullable Integer maxRequestsPerConnection,
      @Nullable Integer maxRetries,
      @Nullable Duration idleTimeout,
      H2UpgradePolicy h2UpgradePolicy,
      boolean useClientProtocol,
      @Nullable Integer maxConcurrentStreams,
      @Nullable H2KeepAlive http2KeepAlive) {
    static Http parse(Fields f) {
      return new Http(
          f.numberOrNull("http1MaxPendingRequests"),
          f.numberOrNull("http2MaxRequests"),
          f.numberOrNull("maxRequestsPerConnection"),
          f.numberOrNull("maxRetries"),
          f.durationOrNull("idleTimeout"),
          f.oneOf("h2UpgradePolicy", H2UpgradePolicy.class, H2UpgradePolicy.DEFAULT),
          f.flag("useClientProtocol"),
          f.numberOrNull("maxConcurrentStreams"),
          f.message("http2KeepAlive", H2KeepAlive::parse));
    }
  }

  /** Whether HTTP/1.1 is raised to HTTP/2. */
  public enum H2UpgradePolicy {
    DEFAULT,
    DO_NOT_UPGRADE,
    UPGRADE
  }

  /** HTTP/2 PING keep-alive. */
  public record H2KeepAlive(@Nullable Duration interval, @Nullable Duration timeout) {
    static H2KeepAlive parse(Fields f) {
      return new H2KeepAlive(f.durationOrNull("interval"), f.durationOrNull("timeout"));
    }
  }

  /**
   * Ejection of endpoints that fail; null counters take Envoy's defaults (5 × 5xx), 0 switches that
   * detector off.
   *
   * @param consecutive5xxErrors also read from the deprecated {@code consecutiveErrors}
   */
  public record OutlierDetection(
      @Nullable Integer consecutive5xxErrors,
      @Nullable Integer consecutiveGatewayErrors,
      @Nullable Integer consecutiveLocalOriginFailures,
      boolean splitExternalLocalOriginErrors,
      @Nullable Duration interval,
      @Nullable Duration baseEjectionTime,
      @Nullable Integer maxEjectionPercent,
      @Nullable Integer minHealthPercent,
      List<Integer> httpErrorCodes) {
    static OutlierDetection parse(Fields f) {
      return new OutlierDetection(
          f.has("consecutive5xxErrors")
              ? f.numberOrNull("consecutive5xxErrors")
              : f.numberOrNull("consecutiveErrors"),
          f.numberOrNull("consecutiveGatewayErrors"),
          f.numberOrNull("consecutiveLocalOriginFailures"),
          f.flag("splitExternalLocalOriginErrors"),
          f.durationOrNull("interval"),
          f.durationOrNull("baseEjectionTime"),
          f.numberOrNull("maxEjectionPercent"),
          f.numberOrNull("minHealthPercent"),
          f.numbers("outlierDetectionHttpErrorCodes"));
    }
  }

  /** {@code ClientTLSSettings}. */
  public record ClientTls(
      Mode mode,
      String clientCertificate,
      String privateKey,
      String caCertificates,
      String credentialName,
      List<String> subjectAltNames,
      String sni,
      boolean insecureSkipVerify,
      String caCrl) {
    /** How the client speaks TLS. */
    public enum Mode {
      DISABLE,
      SIMPLE,
      MUTUAL,
      ISTIO_MUTUAL
    }

    static ClientTls parse(Fields f) {
      return new ClientTls(
          f.oneOf("mode", Mode.class, Mode.DISABLE),
          f.text("clientCertificate"),
          f.text("privateKey"),
          f.text("caCertificates"),
          f.text("credentialName"),
          f.texts("subjectAltNames"),
          f.text("sni"),
          f.flag("insecureSkipVerify"),
          f.text("caCrl"));
    }
  }

  /** Tunnel to a target through the destination. */
  public record Tunnel(String protocol, String targetHost, int targetPort) {
    static Tunnel parse(Fields f) {
      return new Tunnel(f.text("protocol"), f.text("targetHost"), f.number("targetPort"));
    }
  }

  /** Version of the PROXY protocol preface. */
  public enum ProxyProtocol {
    V1,
    V2
  }

  /**
   * Budget of concurrent retries.
   *
   * @param percent 0–100 of active requests; null means 20
   * @param minRetryConcurrency null means 3
   */
  public record RetryBudget(
      @Nullable Double percent,
      @Nullable Integer minRetryConcurrency,
      @Nullable Duration budgetInterval) {
    static RetryBudget parse(Fields f) {
      return new RetryBudget(
          f.realOrNull("percent"),
          f.numberOrNull("minRetryConcurrency"),
          f.durationOrNull("budgetInterval"));
    }
  }
}
