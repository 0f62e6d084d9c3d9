package io.selvage.simulation;

import static io.selvage.simulation.Bookinfo.CALLER;
import static io.selvage.simulation.Bookinfo.governed;
import static io.selvage.simulation.Bookinfo.held;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.selvage.engine.model.CircuitBreakers;
import io.selvage.engine.model.Cluster;
import io.selvage.engine.model.ConnectionLimits;
import io.selvage.engine.model.OutlierDetection;
import java.time.Duration;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** {@code connectionPool}, {@code outlierDetection} and {@code retryBudget}, field by field. */
class LimitFieldsTest {
  private static final String UNLIMITED = "nothing is limited where nothing is asked";

  private static Cluster pooled(String pool) {
    return held(governed("connectionPool: " + pool));
  }

  @Test
  @Tag("field=DestinationRule.trafficPolicy.connectionPool.tcp.maxConnections")
  @Tag("field=DestinationRule.trafficPolicy.connectionPool.http.http1MaxPendingRequests")
  @Tag("field=DestinationRule.trafficPolicy.connectionPool.http.http2MaxRequests")
  @Tag("field=DestinationRule.trafficPolicy.connectionPool.http.maxRetries")
  void counts() {
    CircuitBreakers limits =
        pooled(
                "{tcp: {maxConnections: 5}, http: {http1MaxPendingRequests: 6, http2MaxRequests: 7, maxRetries: 8}}")
            .circuitBreakers();
    assertThat(limits.maxConnections()).isEqualTo(5);
    assertThat(limits.maxPending()).isEqualTo(6);
    assertThat(limits.maxRequests()).isEqualTo(7);
    assertThat(limits.maxRetries()).isEqualTo(8);
    CircuitBreakers none = pooled("{tcp: {connectTimeout: 1s}}").circuitBreakers();
    assertThat(none.maxConnections()).as(UNLIMITED).isGreaterThan(1_000_000);
    assertThat(none.maxPending()).as(UNLIMITED).isGreaterThan(1_000_000);
    assertThat(none.maxRequests()).as(UNLIMITED).isGreaterThan(1_000_000);
  }

  @Test
  @Tag("field=DestinationRule.trafficPolicy.connectionPool.tcp.connectTimeout")
  @Tag("field=DestinationRule.trafficPolicy.connectionPool.tcp.maxConnectionDuration")
  @Tag("field=DestinationRule.trafficPolicy.connectionPool.tcp.idleTimeout")
  @Tag("field=DestinationRule.trafficPolicy.connectionPool.http.idleTimeout")
  @Tag("field=DestinationRule.trafficPolicy.connectionPool.http.maxRequestsPerConnection")
  void livesOfConnections() {
    Cluster cluster =
        pooled(
            "{tcp: {connectTimeout: 300ms, maxConnectionDuration: 10m, idleTimeout: 20s}, http: {maxRequestsPerConnection: 9}}");
    assertThat(cluster.connectTimeout()).isEqualTo(Duration.ofMillis(300));
    assertThat(cluster.connections().maxConnectionDuration()).isEqualTo(Duration.ofMinutes(10));
    assertThat(cluster.connections().idleTimeout()).isEqualTo(Duration.ofSeconds(20));
    assertThat(cluster.connections().maxRequestsPerConnection()).isEqualTo(9);
    assertThat(
            pooled("{tcp: {idleTimeout: 20s}, http: {idleTimeout: 40s}}")
                .connections()
                .idleTimeout())
        .isEqualTo(Duration.ofSeconds(40));
  }

  @Test
  @Tag("field=DestinationRule.trafficPolicy.connectionPool.tcp.tcpKeepalive.probes")
  @Tag("field=DestinationRule.trafficPolicy.connectionPool.tcp.tcpKeepalive.time")
  @Tag("field=DestinationRule.trafficPolicy.connectionPool.tcp.tcpKeepalive.interval")
  void keepalive() {
    assertThat(
            pooled("{tcp: {tcpKeepalive: {probes: 3, time: 30s, interval: 5s}}}")
                .connections()
                .tcpKeepalive())
        .isEqualTo(
            new ConnectionLimits.TcpKeepalive(3, Duration.ofSeconds(30), Duration.ofSeconds(5)));
  }

  @Test
  @Tag("field=DestinationRule.trafficPolicy.connectionPool.http.h2UpgradePolicy")
  @Tag("field=DestinationRule.trafficPolicy.connectionPool.http.maxConcurrentStreams")
  @Tag("field=DestinationRule.trafficPolicy.connectionPool.http.http2KeepAlive.interval")
  @Tag("field=DestinationRule.trafficPolicy.connectionPool.http.http2KeepAlive.timeout")
  void http2() {
    Cluster raised =
        pooled(
            "{http: {h2UpgradePolicy: UPGRADE, maxConcurrentStreams: 11, http2KeepAlive: {interval: 10s, timeout: 2s}}}");
    assertThat(raised.http2()).isTrue();
    assertThat(raised.connections().maxConcurrentStreams()).isEqualTo(11);
    assertThat(raised.connections().http2Keepalive())
        .isEqualTo(
            new ConnectionLimits.Http2Keepalive(Duration.ofSeconds(10), Duration.ofSeconds(2)));
    assertThat(pooled("{http: {h2UpgradePolicy: DO_NOT_UPGRADE}}").http2()).isFalse();
    assertThat(
            governed("connectionPool: {http: {http2KeepAlive: {interval: 10s}}}")
                .problems(CALLER, "DestinationRule", "default/reviews"))
        .anyMatch(
            p -> p.startsWith("spec.trafficPolicy.connectionPool.http.http2KeepAlive: agents"));
  }

  @Test
  @Tag("field=DestinationRule.trafficPolicy.connectionPool.http.useClientProtocol")
  void theClientsProtocolIsNamed() {
    assertThat(
            governed("connectionPool: {http: {useClientProtocol: true}}")
                .problems(CALLER, "DestinationRule", "default/reviews"))
        .anyMatch(
            p ->
                p.startsWith(
                    "spec.trafficPolicy.connectionPool.http.useClientProtocol: no effect"));
  }

  private static OutlierDetection outlier(String fields) {
    return held(governed("outlierDetection: {" + fields + "}")).outlierDetection();
  }

  @Test
  @Tag("field=DestinationRule.trafficPolicy.outlierDetection.consecutive5xxErrors")
  @Tag("field=DestinationRule.trafficPolicy.outlierDetection.consecutiveErrors")
  @Tag("field=DestinationRule.trafficPolicy.outlierDetection.consecutiveGatewayErrors")
  @Tag("field=DestinationRule.trafficPolicy.outlierDetection.consecutiveLocalOriginFailures")
  @Tag("field=DestinationRule.trafficPolicy.outlierDetection.splitExternalLocalOriginErrors")
  void inARow() {
    assertThat(outlier("interval: 5s").consecutive5xx()).isEqualTo(5);
    assertThat(outlier("consecutive5xxErrors: 7").consecutive5xx()).isEqualTo(7);
    assertThat(outlier("consecutive5xxErrors: 0").enforcing().consecutive5xx()).isZero();
    assertThat(outlier("consecutiveErrors: 6").consecutive5xx()).isEqualTo(6);
    OutlierDetection gateway = outlier("consecutiveGatewayErrors: 3");
    assertThat(gateway.consecutiveGatewayErrors()).isEqualTo(3);
    assertThat(gateway.enforcing().gatewayErrors()).isEqualTo(1.0);
    assertThat(outlier("interval: 5s").enforcing().gatewayErrors()).isZero();
    OutlierDetection split =
        outlier("splitExternalLocalOriginErrors: true, consecutiveLocalOriginFailures: 4");
    assertThat(split.splitLocalOrigin()).isTrue();
    assertThat(split.consecutiveLocalOriginFailures()).isEqualTo(4);
    assertThat(outlier("consecutiveLocalOriginFailures: 4").splitLocalOrigin()).isFalse();
  }

  @Test
  @Tag("field=DestinationRule.trafficPolicy.outlierDetection.interval")
  @Tag("field=DestinationRule.trafficPolicy.outlierDetection.baseEjectionTime")
  @Tag("field=DestinationRule.trafficPolicy.outlierDetection.maxEjectionPercent")
  @Tag("field=DestinationRule.trafficPolicy.outlierDetection.minHealthPercent")
  void ejection() {
    OutlierDetection asked =
        outlier("interval: 2s, baseEjectionTime: 3s, maxEjectionPercent: 60, minHealthPercent: 40");
    assertThat(asked.interval()).isEqualTo(Duration.ofSeconds(2));
    assertThat(asked.baseEjectionTime()).isEqualTo(Duration.ofSeconds(3));
    assertThat(asked.maxEjectionFraction()).isCloseTo(0.6, within(1e-6));
    assertThat(
            held(governed("outlierDetection: {minHealthPercent: 40}")).locality().panicThreshold())
        .isCloseTo(0.4, within(1e-6));
    assertThat(held(governed("outlierDetection: {interval: 2s}")).locality().panicThreshold())
        .isZero();
  }

  @Test
  @Tag("field=DestinationRule.trafficPolicy.outlierDetection.outlierDetectionHttpErrorCodes")
  void statusesThatAreErrors() {
    assertThat(outlier("outlierDetectionHttpErrorCodes: [429, 500]").errors().toString())
        .contains("429")
        .contains("500");
    assertThat(outlier("outlierDetectionHttpErrorCodes: [429]").errors().toString())
        .contains("429");
    assertThat(outlier("interval: 2s").errors()).isNull();
  }

  @Test
  @Tag("field=DestinationRule.trafficPolicy.retryBudget.percent")
  @Tag("field=DestinationRule.trafficPolicy.retryBudget.minRetryConcurrency")
  void retryBudgets() {
    CircuitBreakers.RetryBudget asked =
        held(governed("retryBudget: {percent: 35, minRetryConcurrency: 4}"))
            .circuitBreakers()
            .retryBudget();
    assertThat(asked.fraction()).isCloseTo(0.35, within(1e-6));
    assertThat(asked.minConcurrency()).isEqualTo(4);
    CircuitBreakers.RetryBudget defaults =
        held(governed("retryBudget: {}")).circuitBreakers().retryBudget();
    assertThat(defaults.fraction()).isCloseTo(0.2, within(1e-6));
    assertThat(defaults.minConcurrency()).isEqualTo(3);
  }

  /** One request after another, each of which fails once: how many of them were repeated. */
  private static long repeated(String budget) {
    SimulatedMesh mesh =
        governed("retryBudget: " + budget)
            .with(
                Bookinfo.virtualService(
                    """
                    hosts: [reviews]
                    http:
                    - route: [{destination: {host: reviews}}]
                      retries: {attempts: 1, retryOn: 5xx}
                    """));
    Dialogue dialogue =
        new Dialogue(mesh, CALLER, 1)
            .upstream(
                sent ->
                    Dialogue.Reply.of(
                        sent.headers().get("x-envoy-attempt-count").equals("1") ? 503 : 200));
    return IntStream.range(0, 10)
        .filter(i -> dialogue.get("reviews", 9080, "/").status() == 200)
        .count();
  }

  @Test
  @Tag("field=DestinationRule.trafficPolicy.retryBudget.budgetInterval")
  void requestsThatAreOverStillCountForTheBudgetsInterval() {
    assertThat(repeated("{percent: 50, minRetryConcurrency: 0}")).isZero();
    assertThat(repeated("{percent: 50, minRetryConcurrency: 0, budgetInterval: 10s}")).isEqualTo(9);
  }

  @Test
  @Tag("field=DestinationRule.trafficPolicy.portLevelSettings.port")
  @Tag("field=DestinationRule.trafficPolicy.portLevelSettings.loadBalancer")
  @Tag("field=DestinationRule.trafficPolicy.portLevelSettings.connectionPool")
  @Tag("field=DestinationRule.trafficPolicy.portLevelSettings.outlierDetection")
  @Tag("field=DestinationRule.trafficPolicy.portLevelSettings.tls")
  void ofOnePort() {
    String rule =
        """
        loadBalancer: {simple: RANDOM}
        portLevelSettings:
        - port: {number: %d}
          loadBalancer: {simple: ROUND_ROBIN}
          connectionPool: {tcp: {maxConnections: 2}}
          outlierDetection: {consecutive5xxErrors: 9}
          tls: {mode: DISABLE}
        """;
    Cluster own = held(governed(rule.formatted(9080)));
    assertThat(own.balancer()).isInstanceOf(Cluster.RoundRobin.class);
    assertThat(own.circuitBreakers().maxConnections()).isEqualTo(2);
    assertThat(own.outlierDetection().consecutive5xx()).isEqualTo(9);
    assertThat(own.tlsByMode()).isEmpty();
    Cluster other = held(governed(rule.formatted(9090)));
    assertThat(other.balancer()).isInstanceOf(Cluster.Random.class);
    assertThat(other.outlierDetection()).isNull();
    assertThat(other.tlsByMode()).containsKey("istio");
  }
}
