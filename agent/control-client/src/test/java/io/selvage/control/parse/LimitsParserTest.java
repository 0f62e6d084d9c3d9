package io.selvage.control.parse;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.UInt32Value;
import io.envoyproxy.envoy.config.cluster.v3.CircuitBreakers;
import io.envoyproxy.envoy.config.cluster.v3.CircuitBreakers.Thresholds;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.cluster.v3.UpstreamConnectionOptions;
import io.envoyproxy.envoy.config.core.v3.Http2ProtocolOptions;
import io.envoyproxy.envoy.config.core.v3.KeepaliveSettings;
import io.envoyproxy.envoy.config.core.v3.RoutingPriority;
import io.envoyproxy.envoy.config.core.v3.TcpKeepalive;
import io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions;
import io.envoyproxy.envoy.type.v3.Percent;
import io.selvage.engine.model.ConnectionLimits;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Circuit breakers and connection options as a control plane sends them. */
class LimitsParserTest {
  private static UInt32Value number(int value) {
    return UInt32Value.of(value);
  }

  private static com.google.protobuf.Duration seconds(int value) {
    return com.google.protobuf.Duration.newBuilder().setSeconds(value).build();
  }

  private static Cluster.Builder cluster() {
    return Cluster.newBuilder().setName("c").setType(Cluster.DiscoveryType.STATIC);
  }

  private static io.selvage.engine.model.Cluster parsed(Cluster.Builder cluster) {
    Parsed<io.selvage.engine.model.Cluster> parsed = ClusterParser.parse(cluster.build());
    assertThat(parsed.reasons()).isEmpty();
    return parsed.value();
  }

  @Test
  void absentMeansEnvoysNumbers() {
    var breakers = parsed(cluster()).circuitBreakers();
    assertThat(breakers.maxConnections()).isEqualTo(1024);
    assertThat(breakers.maxPending()).isEqualTo(1024);
    assertThat(breakers.maxRequests()).isEqualTo(1024);
    assertThat(breakers.maxRetries()).isEqualTo(3);
    assertThat(breakers.retryBudget()).isNull();
    assertThat(breakers.maxConnectionsPerHost()).isEqualTo(Integer.MAX_VALUE);
    assertThat(breakers.of(io.selvage.engine.model.RoutingPriority.HIGH).maxRequests())
        .isEqualTo(1024);
  }

  @Test
  void bothPrioritiesAndHostsAreRead() {
    var breakers =
        parsed(
                cluster()
                    .setCircuitBreakers(
                        CircuitBreakers.newBuilder()
                            .addThresholds(
                                Thresholds.newBuilder()
                                    .setPriority(RoutingPriority.HIGH)
                                    .setMaxConnections(number(1))
                                    .setMaxPendingRequests(number(2))
                                    .setMaxRequests(number(3))
                                    .setMaxRetries(number(4)))
                            .addThresholds(
                                Thresholds.newBuilder()
                                    .setMaxConnections(number(-1))
                                    .setTrackRemaining(true)
                                    .setRetryBudget(
                                        Thresholds.RetryBudget.newBuilder()
                                            .setBudgetPercent(Percent.newBuilder().setValue(50))))
                            .addPerHostThresholds(
                                Thresholds.newBuilder().setMaxConnections(number(9)))))
            .circuitBreakers();
    assertThat(breakers.maxConnections()).isEqualTo(Integer.MAX_VALUE);
    assertThat(breakers.retryBudget())
        .isEqualTo(new io.selvage.engine.model.CircuitBreakers.RetryBudget(0.5, 3));
    assertThat(breakers.maxConnectionsPerHost()).isEqualTo(9);
    var high = breakers.of(io.selvage.engine.model.RoutingPriority.HIGH);
    assertThat(high.maxConnections()).isEqualTo(1);
    assertThat(high.maxPending()).isEqualTo(2);
    assertThat(high.maxRequests()).isEqualTo(3);
    assertThat(high.maxRetries()).isEqualTo(4);
    assertThat(high.maxConnectionsPerHost()).isEqualTo(Integer.MAX_VALUE);
  }

  @Test
  void limitsOfHostsThatEnvoyRefusesAreRefused() {
    var parsed =
        ClusterParser.parse(
            cluster()
                .setCircuitBreakers(
                    CircuitBreakers.newBuilder()
                        .addPerHostThresholds(Thresholds.newBuilder().setMaxRequests(number(1))))
                .build());
    assertThat(parsed.reasons())
        .containsExactly("circuit_breakers.per_host_thresholds[0].max_requests: not supported");
  }

  @Test
  void intervalOfABudgetIsReadByItsPublishedNumber() throws Exception {
    byte[] newer =
        io.selvage.xds.newer.NewerRetryBudget.newBuilder()
            .setBudgetInterval(com.google.protobuf.Duration.newBuilder().setSeconds(7))
            .build()
            .toByteArray();
    var breakers =
        parsed(
                cluster()
                    .setCircuitBreakers(
                        CircuitBreakers.newBuilder()
                            .addThresholds(
                                Thresholds.newBuilder()
                                    .setRetryBudget(Thresholds.RetryBudget.parseFrom(newer)))))
            .circuitBreakers();
    assertThat(breakers.retryBudget().interval()).isEqualTo(java.time.Duration.ofSeconds(7));
  }

  @Test
  void budgetBeyondAllIsRefused() {
    var parsed =
        ClusterParser.parse(
            cluster()
                .setCircuitBreakers(
                    CircuitBreakers.newBuilder()
                        .addThresholds(
                            Thresholds.newBuilder()
                                .setRetryBudget(
                                    Thresholds.RetryBudget.newBuilder()
                                        .setBudgetPercent(Percent.newBuilder().setValue(101)))))
                .build());
    assertThat(parsed.reasons())
        .containsExactly(
            "circuit_breakers.thresholds[0].retry_budget.budget_percent:"
                + " must be 0 to 100; found 101.0");
  }

  @Test
  void connectionOptionsAreRead() {
    HttpProtocolOptions options =
        HttpProtocolOptions.newBuilder()
            .setCommonHttpProtocolOptions(
                io.envoyproxy.envoy.config.core.v3.HttpProtocolOptions.newBuilder()
                    .setIdleTimeout(seconds(5))
                    .setMaxConnectionDuration(seconds(6))
                    .setMaxStreamDuration(seconds(7))
                    .setMaxRequestsPerConnection(number(8)))
            .setExplicitHttpConfig(
                HttpProtocolOptions.ExplicitHttpConfig.newBuilder()
                    .setHttp2ProtocolOptions(
                        Http2ProtocolOptions.newBuilder()
                            .setMaxConcurrentStreams(number(9))
                            .setConnectionKeepalive(
                                KeepaliveSettings.newBuilder()
                                    .setInterval(seconds(10))
                                    .setTimeout(seconds(11)))))
            .build();
    var cluster =
        parsed(
            cluster()
                .setConnectTimeout(seconds(1))
                .setUpstreamConnectionOptions(
                    UpstreamConnectionOptions.newBuilder()
                        .setTcpKeepalive(
                            TcpKeepalive.newBuilder()
                                .setKeepaliveProbes(number(2))
                                .setKeepaliveTime(number(3))
                                .setKeepaliveInterval(number(4))))
                .putTypedExtensionProtocolOptions(
                    "envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
                    Any.newBuilder()
                        .setTypeUrl(
                            "type.googleapis.com/envoy.extensions.upstreams.http.v3"
                                + ".HttpProtocolOptions")
                        .setValue(options.toByteString())
                        .build()));
    assertThat(cluster.connections())
        .isEqualTo(
            new ConnectionLimits(
                1024,
                Integer.MAX_VALUE,
                1024,
                8,
                9,
                Duration.ofSeconds(1),
                Duration.ofSeconds(5),
                Duration.ofSeconds(6),
                new ConnectionLimits.TcpKeepalive(2, Duration.ofSeconds(3), Duration.ofSeconds(4)),
                new ConnectionLimits.Http2Keepalive(
                    Duration.ofSeconds(10), Duration.ofSeconds(11))));
    assertThat(cluster.maxStreamDuration()).isEqualTo(Duration.ofSeconds(7));
  }
}
