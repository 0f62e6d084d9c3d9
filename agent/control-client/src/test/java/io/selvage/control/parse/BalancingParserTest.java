package io.selvage.control.parse;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.BoolValue;
import com.google.protobuf.Duration;
import com.google.protobuf.MessageLite;
import com.google.protobuf.UInt32Value;
import com.google.protobuf.UInt64Value;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.cluster.v3.LoadBalancingPolicy;
import io.envoyproxy.envoy.config.cluster.v3.OutlierDetection;
import io.envoyproxy.envoy.config.core.v3.RuntimeDouble;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.extensions.load_balancing_policies.common.v3.SlowStartConfig;
import io.envoyproxy.envoy.extensions.load_balancing_policies.least_request.v3.LeastRequest;
import io.envoyproxy.envoy.extensions.load_balancing_policies.random.v3.Random;
import io.envoyproxy.envoy.extensions.load_balancing_policies.ring_hash.v3.RingHash;
import io.envoyproxy.envoy.extensions.load_balancing_policies.round_robin.v3.RoundRobin;
import io.envoyproxy.envoy.extensions.load_balancing_policies.wrr_locality.v3.WrrLocality;
import io.envoyproxy.envoy.type.v3.FractionalPercent;
import io.envoyproxy.envoy.type.v3.Percent;
import io.selvage.xds.newer.PeakEwma;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Balancers, localities, outlier detection: what is read, and what is refused where. */
class BalancingParserTest {
  private static final String POLICIES = "envoy.extensions.load_balancing_policies.";

  private static Cluster.Builder cluster() {
    return Cluster.newBuilder().setName("c").setType(Cluster.DiscoveryType.EDS);
  }

  private static io.selvage.engine.model.Cluster good(Cluster.Builder cluster) {
    var parsed = ClusterParser.parse(cluster.build());
    assertThat(parsed.reasons()).isEmpty();
    return Objects.requireNonNull(parsed.value());
  }

  private static LoadBalancingPolicy policy(String type, MessageLite... configs) {
    LoadBalancingPolicy.Builder policy = LoadBalancingPolicy.newBuilder();
    for (MessageLite config : configs) {
      policy.addPolicies(
          LoadBalancingPolicy.Policy.newBuilder()
              .setTypedExtensionConfig(
                  TypedExtensionConfig.newBuilder()
                      .setTypedConfig(
                          Any.newBuilder()
                              .setTypeUrl("type.googleapis.com/" + POLICIES + type)
                              .setValue(config.toByteString()))));
    }
    return policy.build();
  }

  @Test
  void legacyFields() {
    var ring =
        good(
            cluster()
                .setLbPolicy(Cluster.LbPolicy.RING_HASH)
                .setRingHashLbConfig(
                    Cluster.RingHashLbConfig.newBuilder()
                        .setMinimumRingSize(UInt64Value.of(7))
                        .setHashFunction(Cluster.RingHashLbConfig.HashFunction.MURMUR_HASH_2)));
    assertThat(ring.balancer())
        .isEqualTo(
            new io.selvage.engine.model.Cluster.RingHash(
                7,
                8L << 20,
                io.selvage.engine.model.Cluster.HashFunction.MURMUR_HASH_2,
                io.selvage.engine.model.Cluster.Hashing.DEFAULT));
    var least =
        good(
            cluster()
                .setLbPolicy(Cluster.LbPolicy.LEAST_REQUEST)
                .setLeastRequestLbConfig(
                    Cluster.LeastRequestLbConfig.newBuilder()
                        .setChoiceCount(UInt32Value.of(4))
                        .setActiveRequestBias(RuntimeDouble.newBuilder().setDefaultValue(0.5))
                        .setSlowStartConfig(
                            Cluster.SlowStartConfig.newBuilder()
                                .setSlowStartWindow(Duration.newBuilder().setSeconds(9)))));
    assertThat(least.balancer())
        .isEqualTo(
            new io.selvage.engine.model.Cluster.LeastRequest(
                4,
                0.5,
                new io.selvage.engine.model.Cluster.SlowStart(
                    java.time.Duration.ofSeconds(9), 1.0, 0.1),
                false));
  }

  @Test
  void typedPolicies() {
    var robin =
        good(
            cluster()
                .setLoadBalancingPolicy(
                    policy(
                        "round_robin.v3.RoundRobin",
                        RoundRobin.newBuilder()
                            .setSlowStartConfig(
                                SlowStartConfig.newBuilder()
                                    .setSlowStartWindow(Duration.newBuilder().setSeconds(5))
                                    .setMinWeightPercent(Percent.newBuilder().setValue(30)))
                            .build())));
    assertThat(robin.balancer())
        .isEqualTo(
            new io.selvage.engine.model.Cluster.RoundRobin(
                new io.selvage.engine.model.Cluster.SlowStart(
                    java.time.Duration.ofSeconds(5), 1.0, 0.3)));
    var scan =
        good(
            cluster()
                .setLoadBalancingPolicy(
                    policy(
                        "least_request.v3.LeastRequest",
                        LeastRequest.newBuilder()
                            .setSelectionMethod(LeastRequest.SelectionMethod.FULL_SCAN)
                            .build())));
    assertThat(((io.selvage.engine.model.Cluster.LeastRequest) scan.balancer()).fullScan())
        .isTrue();
    var weighted =
        good(
            cluster()
                .setLoadBalancingPolicy(
                    policy(
                        "wrr_locality.v3.WrrLocality",
                        WrrLocality.newBuilder()
                            .setEndpointPickingPolicy(
                                policy("random.v3.Random", Random.getDefaultInstance()))
                            .build())));
    assertThat(weighted.locality().weighted()).isTrue();
    assertThat(weighted.balancer()).isEqualTo(new io.selvage.engine.model.Cluster.Random());
    var peak =
        good(
            cluster()
                .setLoadBalancingPolicy(
                    policy(
                        "peak_ewma.v3.PeakEwma",
                        PeakEwma.newBuilder()
                            .setDecayTime(Duration.newBuilder().setSeconds(3))
                            .build())));
    assertThat(peak.balancer())
        .isEqualTo(
            new io.selvage.engine.model.Cluster.PeakEwma(
                java.time.Duration.ofSeconds(3), java.time.Duration.ofMillis(10), 1_000_000));
  }

  @Test
  void theFirstPolicyThatIsKnown() {
    LoadBalancingPolicy two =
        policy("client_side_weighted_round_robin.v3.X", Random.getDefaultInstance()).toBuilder()
            .addPolicies(policy("random.v3.Random", Random.getDefaultInstance()).getPolicies(0))
            .build();
    assertThat(good(cluster().setLoadBalancingPolicy(two)).balancer())
        .isEqualTo(new io.selvage.engine.model.Cluster.Random());
  }

  private record Bad(Cluster.Builder cluster, String path, String text) {}

  static List<Bad> bad() {
    Cluster.CommonLbConfig.Builder byName =
        Cluster.CommonLbConfig.newBuilder()
            .setConsistentHashingLbConfig(
                Cluster.CommonLbConfig.ConsistentHashingLbConfig.newBuilder()
                    .setUseHostnameForHashing(true));
    return List.of(
        new Bad(
            cluster()
                .setLoadBalancingPolicy(
                    policy(
                        "client_side_weighted_round_robin.v3.ClientSideWeightedRoundRobin",
                        Random.getDefaultInstance())),
            "load_balancing_policy",
            "client_side_weighted_round_robin"),
        new Bad(
            cluster().setLbPolicy(Cluster.LbPolicy.LOAD_BALANCING_POLICY_CONFIG),
            "load_balancing_policy",
            "required"),
        new Bad(
            cluster()
                .setCommonLbConfig(byName)
                .setLoadBalancingPolicy(
                    policy("ring_hash.v3.RingHash", RingHash.getDefaultInstance())),
            "load_balancing_policy",
            "cannot be combined"),
        new Bad(
            cluster().setLbPolicy(Cluster.LbPolicy.MAGLEV).setCommonLbConfig(byName),
            "use_hostname_for_hashing",
            "STRICT_DNS"),
        new Bad(
            cluster()
                .setLbPolicy(Cluster.LbPolicy.MAGLEV)
                .setMaglevLbConfig(
                    Cluster.MaglevLbConfig.newBuilder().setTableSize(UInt64Value.of(65_536))),
            "maglev_lb_config.table_size",
            "prime"),
        new Bad(
            cluster()
                .setLbPolicy(Cluster.LbPolicy.LEAST_REQUEST)
                .setLeastRequestLbConfig(
                    Cluster.LeastRequestLbConfig.newBuilder().setChoiceCount(UInt32Value.of(1))),
            "least_request_lb_config.choice_count",
            "2 or more"),
        new Bad(
            cluster()
                .setOutlierDetection(
                    OutlierDetection.newBuilder()
                        .setBaseEjectionTime(Duration.newBuilder().setSeconds(9))
                        .setMaxEjectionTime(Duration.newBuilder().setSeconds(8))),
            "outlier_detection.max_ejection_time",
            "less than base_ejection_time"),
        new Bad(
            cluster()
                .setOutlierDetection(
                    OutlierDetection.newBuilder()
                        .setEnforcingFailurePercentage(UInt32Value.of(101))),
            "outlier_detection.enforcing_failure_percentage",
            "0 to 100"),
        new Bad(
            cluster()
                .setOutlierDetection(
                    OutlierDetection.newBuilder().setInterval(Duration.getDefaultInstance())),
            "outlier_detection.interval",
            "greater than 0"),
        new Bad(
            cluster()
                .setOutlierDetection(
                    OutlierDetection.newBuilder()
                        .addMonitors(TypedExtensionConfig.newBuilder().setName("m"))),
            "outlier_detection.monitors",
            "not supported"));
  }

  @ParameterizedTest
  @MethodSource("bad")
  void refusals(Bad bad) {
    var parsed = ClusterParser.parse(bad.cluster.build());
    assertThat(parsed.value()).isNull();
    assertThat(parsed.reasons())
        .anySatisfy(reason -> assertThat(reason).contains(bad.path).contains(bad.text));
  }

  @Test
  void outlierDetectionInFull() {
    var o =
        Objects.requireNonNull(
            good(cluster()
                    .setOutlierDetection(
                        OutlierDetection.newBuilder()
                            .setEnforcingConsecutive5Xx(UInt32Value.of(50))
                            .setSuccessRateStdevFactor(UInt32Value.of(1_500))
                            .setMaxEjectionTimeJitter(Duration.newBuilder().setSeconds(2))
                            .setAlwaysEjectOneHost(BoolValue.of(true))))
                .outlierDetection());
    assertThat(o.enforcing().consecutive5xx()).isEqualTo(0.5);
    assertThat(o.enforcing().successRate()).as("Envoy's own default").isOne();
    assertThat(o.successRate().deviations()).isEqualTo(1.5);
    assertThat(o.maxJitter()).hasSeconds(2);
    assertThat(o.alwaysEjectOne()).isTrue();
    assertThat(o.maxEjectionTime()).hasSeconds(300);
  }

  @Test
  void policyOfEndpoints() {
    ClusterLoadAssignment.Policy.DropOverload drop =
        ClusterLoadAssignment.Policy.DropOverload.newBuilder()
            .setCategory("x")
            .setDropPercentage(FractionalPercent.newBuilder().setNumerator(25))
            .build();
    ClusterLoadAssignment.Builder one =
        ClusterLoadAssignment.newBuilder()
            .setClusterName("c")
            .setPolicy(
                ClusterLoadAssignment.Policy.newBuilder()
                    .setOverprovisioningFactor(UInt32Value.of(120))
                    .addDropOverloads(drop));
    assertThat(Objects.requireNonNull(EndpointParser.parse(one.build()).value()).policy())
        .isEqualTo(new io.selvage.engine.model.Endpoints.Policy(120, false, 0.25));
    ClusterLoadAssignment two =
        one.setPolicy(
                ClusterLoadAssignment.Policy.newBuilder()
                    .addDropOverloads(drop)
                    .addDropOverloads(drop))
            .build();
    assertThat(EndpointParser.parse(two).reasons())
        .anySatisfy(reason -> assertThat(reason).contains("policy.drop_overloads"));
  }
}
