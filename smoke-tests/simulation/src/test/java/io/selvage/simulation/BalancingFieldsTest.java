package io.selvage.simulation;

import static io.selvage.simulation.Bookinfo.CALLER;
import static io.selvage.simulation.Bookinfo.forward;
import static io.selvage.simulation.Bookinfo.governed;
import static io.selvage.simulation.Bookinfo.groups;
import static io.selvage.simulation.Bookinfo.held;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.selvage.engine.model.Cluster;
import io.selvage.engine.model.Endpoints;
import io.selvage.engine.model.HashPolicy;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** {@code DestinationRule.trafficPolicy.loadBalancer}, field by field. */
class BalancingFieldsTest {
  private static final String OUTLIER = "outlierDetection: {consecutive5xxErrors: 3}\n";

  private static SimulatedMesh balanced(String balancer) {
    return governed("loadBalancer: " + balancer);
  }

  @Test
  @Tag("field=DestinationRule.trafficPolicy.loadBalancer.simple")
  void simple() {
    assertThat(held(Bookinfo.mesh()).balancer()).isInstanceOf(Cluster.LeastRequest.class);
    assertThat(held(balanced("{simple: LEAST_REQUEST}")).balancer())
        .isInstanceOf(Cluster.LeastRequest.class);
    assertThat(held(balanced("{simple: LEAST_CONN}")).balancer())
        .isInstanceOf(Cluster.LeastRequest.class);
    assertThat(held(balanced("{simple: ROUND_ROBIN}")).balancer())
        .isInstanceOf(Cluster.RoundRobin.class);
    assertThat(held(balanced("{simple: RANDOM}")).balancer()).isInstanceOf(Cluster.Random.class);
    Cluster passed = held(balanced("{simple: PASSTHROUGH}"));
    assertThat(passed.balancer()).isInstanceOf(Cluster.ClusterProvided.class);
    assertThat(passed.discovery()).isEqualTo(Cluster.Discovery.ORIGINAL_DST);
  }

  private static HashPolicy hash(String hash) {
    SimulatedMesh mesh = balanced("{consistentHash: " + hash + "}");
    assertThat(held(mesh).balancer()).isInstanceOf(Cluster.RingHash.class);
    return forward(mesh).hashPolicies().get(0);
  }

  @Test
  @Tag("field=DestinationRule.trafficPolicy.loadBalancer.consistentHash.httpHeaderName")
  @Tag("field=DestinationRule.trafficPolicy.loadBalancer.consistentHash.httpQueryParameterName")
  @Tag("field=DestinationRule.trafficPolicy.loadBalancer.consistentHash.useSourceIp")
  void whatIsHashed() {
    assertThat(hash("{httpHeaderName: X-User}")).isEqualTo(new HashPolicy.Header("x-user", false));
    assertThat(hash("{httpQueryParameterName: user}"))
        .isEqualTo(new HashPolicy.QueryParameter("user", false));
    assertThat(hash("{useSourceIp: true}")).isEqualTo(new HashPolicy.SourceIp(false));
  }

  @Test
  @Tag("field=DestinationRule.trafficPolicy.loadBalancer.consistentHash.httpHeaderName")
  void oneKeyOneEndpoint() {
    SimulatedMesh mesh = balanced("{consistentHash: {httpHeaderName: x-user}}");
    TreeMap<String, Integer> chosen = new TreeMap<>();
    for (int i = 0; i < 12; i++) {
      String first = mesh.get(CALLER, "reviews", 9080, "/", "x-user", "u" + i).chosen();
      assertThat(mesh.get(CALLER, "reviews", 9080, "/", "x-user", "u" + i).chosen())
          .isEqualTo(first);
      chosen.merge(first, 1, Integer::sum);
    }
    assertThat(chosen.size()).isGreaterThan(1);
  }

  @Test
  @Tag("field=DestinationRule.trafficPolicy.loadBalancer.consistentHash.httpCookie.name")
  @Tag("field=DestinationRule.trafficPolicy.loadBalancer.consistentHash.httpCookie.path")
  @Tag("field=DestinationRule.trafficPolicy.loadBalancer.consistentHash.httpCookie.ttl")
  @Tag("field=DestinationRule.trafficPolicy.loadBalancer.consistentHash.httpCookie.attributes.name")
  @Tag(
      "field=DestinationRule.trafficPolicy.loadBalancer.consistentHash.httpCookie.attributes.value")
  void cookies() {
    assertThat(
            hash(
                "{httpCookie: {name: user, path: /shop, ttl: 60s, attributes: [{name: SameSite, value: Lax}]}}"))
        .isEqualTo(
            new HashPolicy.Cookie(
                "user", Duration.ofSeconds(60), "/shop", false, Map.of("SameSite", "Lax")));
  }

  @Test
  @Tag("field=DestinationRule.trafficPolicy.loadBalancer.consistentHash.ringHash.minimumRingSize")
  @Tag("field=DestinationRule.trafficPolicy.loadBalancer.consistentHash.minimumRingSize")
  @Tag("field=DestinationRule.trafficPolicy.loadBalancer.consistentHash.maglev.tableSize")
  void tables() {
    assertThat(ring("{useSourceIp: true}")).isEqualTo(1024);
    assertThat(ring("{useSourceIp: true, ringHash: {minimumRingSize: 4096}}")).isEqualTo(4096);
    assertThat(ring("{useSourceIp: true, minimumRingSize: 2048}")).isEqualTo(2048);
    assertThat(
            held(balanced("{consistentHash: {useSourceIp: true, maglev: {tableSize: 251}}}"))
                .balancer())
        .isEqualTo(new Cluster.Maglev(251));
  }

  private static long ring(String hash) {
    return ((Cluster.RingHash) held(balanced("{consistentHash: " + hash + "}")).balancer())
        .minimumSize();
  }

  @Test
  @Tag("field=DestinationRule.trafficPolicy.loadBalancer.warmup.duration")
  @Tag("field=DestinationRule.trafficPolicy.loadBalancer.warmup.minimumPercent")
  @Tag("field=DestinationRule.trafficPolicy.loadBalancer.warmup.aggression")
  @Tag("field=DestinationRule.trafficPolicy.loadBalancer.warmupDurationSecs")
  void warmup() {
    Cluster.SlowStart slow =
        ((Cluster.RoundRobin)
                held(balanced(
                        "{simple: ROUND_ROBIN, warmup: {duration: 30s, minimumPercent: 25, aggression: 1.5}}"))
                    .balancer())
            .slowStart();
    assertThat(slow.window()).isEqualTo(Duration.ofSeconds(30));
    assertThat(slow.minimumWeight()).isCloseTo(0.25, within(1e-6));
    assertThat(slow.aggression()).isCloseTo(1.5, within(1e-6));
    Cluster.SlowStart old =
        ((Cluster.LeastRequest) held(balanced("{warmupDurationSecs: 10s}")).balancer()).slowStart();
    assertThat(old.window()).isEqualTo(Duration.ofSeconds(10));
    assertThat(old.minimumWeight()).isCloseTo(0.1, within(1e-6));
  }

  /** The caller is in eu/a/1; reviews v1, v2, v3 are in eu/a/1, eu/b/1 and us/x/1, v4 in asia. */
  private static SimulatedMesh spread(String policy) {
    return new SimulatedMesh()
        .workload("default", CALLER, "v1", 9080, "http", "eu/a/1")
        .workload("default", "reviews", "v1", 9080, "http", "eu/a/1")
        .workload("default", "reviews", "v2", 9080, "http", "eu/b/1")
        .workload("default", "reviews", "v3", 9080, "http", "us/x/1")
        .workload("default", "reviews", "v4", 9080, "http", "asia/t/1")
        .with(Bookinfo.destinationRule("host: reviews\ntrafficPolicy:\n" + policy.indent(2)));
  }

  private static Map<String, Integer> priorities(SimulatedMesh mesh) {
    Map<String, Integer> byRegion = new TreeMap<>();
    for (Endpoints.Group group : groups(mesh)) {
      byRegion.put(group.locality().region() + "/" + group.locality().zone(), group.priority());
    }
    return byRegion;
  }

  @Test
  @Tag("field=DestinationRule.trafficPolicy.loadBalancer.localityLbSetting.distribute.from")
  @Tag("field=DestinationRule.trafficPolicy.loadBalancer.localityLbSetting.distribute.to")
  void distribute() {
    SimulatedMesh mesh =
        spread(
            "loadBalancer: {localityLbSetting: {distribute: [{from: 'us/*', to: {'us/*': 100}}, {from: 'eu/a/*', to: {'eu/a/*': 70, 'us/*': 30}}]}}");
    Map<String, Integer> weights = new TreeMap<>();
    groups(mesh).forEach(g -> weights.put(g.locality().region(), g.weight()));
    assertThat(weights).isEqualTo(Map.of("eu", 70, "us", 30));
    assertThat(held(mesh).locality().weighted()).isTrue();
    assertThat(mesh.get(CALLER, "reviews", 9080, "/").endpoints()).hasSize(2);
  }

  @Test
  @Tag("field=DestinationRule.trafficPolicy.loadBalancer.localityLbSetting.failover.from")
  @Tag("field=DestinationRule.trafficPolicy.loadBalancer.localityLbSetting.failover.to")
  void failover() {
    assertThat(priorities(spread(OUTLIER)))
        .isEqualTo(Map.of("eu/a", 0, "eu/b", 1, "us/x", 2, "asia/t", 2));
    String to = "loadBalancer: {localityLbSetting: {failover: [{from: %s, to: asia}]}}\n" + OUTLIER;
    assertThat(priorities(spread(to.formatted("eu"))))
        .isEqualTo(Map.of("eu/a", 0, "eu/b", 1, "asia/t", 2, "us/x", 3));
    assertThat(priorities(spread(to.formatted("us"))))
        .isEqualTo(Map.of("eu/a", 0, "eu/b", 1, "us/x", 2, "asia/t", 2));
    assertThat(spread(to.formatted("eu")).get(CALLER, "reviews", 9080, "/").chosen())
        .startsWith("10.0.0.2:");
  }

  @Test
  @Tag("field=DestinationRule.trafficPolicy.loadBalancer.localityLbSetting.failoverPriority")
  void failoverPriority() {
    SimulatedMesh mesh =
        spread(
            "loadBalancer: {localityLbSetting: {failoverPriority: ['version=v3', topology.kubernetes.io/region]}}\n"
                + OUTLIER);
    assertThat(priorities(mesh)).containsEntry("us/x", 0).containsEntry("eu/a", 1);
    SimulatedMesh region =
        spread(
            "loadBalancer: {localityLbSetting: {failoverPriority: [topology.kubernetes.io/region]}}\n"
                + OUTLIER);
    assertThat(priorities(region)).isEqualTo(Map.of("eu/a", 0, "eu/b", 0, "us/x", 1, "asia/t", 1));
  }

  @Test
  @Tag("field=DestinationRule.trafficPolicy.loadBalancer.localityLbSetting.enabled")
  void localityOff() {
    SimulatedMesh off = spread("loadBalancer: {localityLbSetting: {enabled: false}}\n" + OUTLIER);
    assertThat(priorities(off).values()).containsOnly(0);
    assertThat(held(off).locality().weighted()).isFalse();
  }

  @Test
  @Tag("field=DestinationRule.trafficPolicy.loadBalancer.zoneAwareLbSetting.enabled")
  @Tag("field=DestinationRule.trafficPolicy.loadBalancer.zoneAwareLbSetting.minClusterSize")
  @Tag("field=DestinationRule.trafficPolicy.loadBalancer.zoneAwareLbSetting.failover.from")
  @Tag("field=DestinationRule.trafficPolicy.loadBalancer.zoneAwareLbSetting.failover.to")
  @Tag("field=DestinationRule.trafficPolicy.loadBalancer.zoneAwareLbSetting.failoverPriority")
  void zones() {
    SimulatedMesh mesh =
        spread("loadBalancer: {zoneAwareLbSetting: {enabled: true, minClusterSize: 2}}");
    assertThat(held(mesh).locality().zones().minimumSize()).isEqualTo(2);
    assertThat(held(mesh).locality().weighted()).isFalse();
    assertThat(priorities(mesh)).isEqualTo(Map.of("eu/a", 0, "eu/b", 0, "us/x", 1, "asia/t", 1));
    assertThat(
            priorities(
                spread(
                    "loadBalancer: {zoneAwareLbSetting: {enabled: true, failover: [{from: eu, to: asia}]}}")))
        .isEqualTo(Map.of("eu/a", 0, "eu/b", 0, "asia/t", 1, "us/x", 2));
    assertThat(
            priorities(
                spread(
                    "loadBalancer: {zoneAwareLbSetting: {enabled: true, failoverPriority: ['version=v2']}}")))
        .containsEntry("eu/b", 0)
        .containsEntry("eu/a", 1);
    assertThat(
            held(spread("loadBalancer: {zoneAwareLbSetting: {enabled: false}}")).locality().zones())
        .isNull();
  }

  @Test
  @Tag(
      "field=DestinationRule.trafficPolicy.loadBalancer.backendUtilization.errorUtilizationPenaltyPercent")
  @Tag(
      "field=DestinationRule.trafficPolicy.loadBalancer.backendUtilization.metricNamesForComputingUtilization")
  @Tag("field=DestinationRule.trafficPolicy.loadBalancer.backendUtilization.weightExpirationPeriod")
  @Tag(
      "field=DestinationRule.trafficPolicy.loadBalancer.backendUtilization.weightStabilizationPeriod")
  @Tag("field=DestinationRule.trafficPolicy.loadBalancer.backendUtilization.weightUpdatePeriod")
  void utilizationIsNamed() {
    for (String field :
        List.of(
            "errorUtilizationPenaltyPercent: 50",
            "metricNamesForComputingUtilization: [cpu]",
            "weightExpirationPeriod: 10s",
            "weightStabilizationPeriod: 10s",
            "weightUpdatePeriod: 10s")) {
      assertThat(
              balanced("{backendUtilization: {" + field + "}}")
                  .problems(CALLER, "DestinationRule", "default/reviews"))
          .as(field)
          .anyMatch(p -> p.startsWith("spec.trafficPolicy.loadBalancer.backendUtilization: "));
    }
  }
}
