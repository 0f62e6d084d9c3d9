package io.selvage.engine.stack;

import static io.selvage.engine.stack.Config.cluster;
import static io.selvage.engine.stack.Config.endpoint;
import static io.selvage.engine.stack.Config.route;
import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.model.Cluster;
import io.selvage.engine.model.Endpoint;
import io.selvage.engine.model.Endpoints;
import io.selvage.engine.model.HashPolicy;
import io.selvage.engine.model.Locality;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Shares by weight, load, age, latency and zone, at fixed seeds. */
class ChoosingTest {
  private static final Locality HERE = new Locality("r", "a", "");
  private static final Locality THERE = new Locality("r", "b", "");

  private static MeshTest mesh(Config.ClusterBuilder cluster) {
    return new MeshTest(Config.http(route()).cluster(cluster), 29);
  }

  private static Map<Integer, Integer> spread(MeshTest mesh, int calls) {
    Map<Integer, Integer> seen = new TreeMap<>();
    for (int i = 0; i < calls; i++) {
      MeshTest.Call call = mesh.get("/");
      seen.merge(call.sent.isEmpty() ? -1 : call.port(), 1, Integer::sum);
      if (call.outcome == null) {
        call.answers(200).end();
      }
    }
    return seen;
  }

  private static Endpoint weighted(int port, int weight) {
    return endpoint(port, weight, Endpoint.Health.HEALTHY, Locality.UNKNOWN);
  }

  /** Sum of squared deviations over expectation. */
  private static double chiSquare(Map<Integer, Integer> seen, Map<Integer, Double> shares, int n) {
    double sum = 0;
    for (Map.Entry<Integer, Double> share : shares.entrySet()) {
      double expected = share.getValue() * n;
      double off = seen.getOrDefault(share.getKey(), 0) - expected;
      sum += off * off / expected;
    }
    return sum;
  }

  @Test
  void drawsByChanceAreEven() {
    MeshTest mesh = mesh(cluster("reviews", 1, 2, 3, 4, 5).balancer(new Cluster.Random()));
    Map<Integer, Integer> seen = spread(mesh, 20_000);
    Map<Integer, Double> even = Map.of(1, 0.2, 2, 0.2, 3, 0.2, 4, 0.2, 5, 0.2);
    // 99.9 % of chi-square with four degrees of freedom
    assertThat(chiSquare(seen, even, 20_000)).isLessThan(18.47);
  }

  @Test
  void ringsGiveSharesByWeight() {
    for (Cluster.Balancer balancer :
        List.of(new Cluster.RingHash(100_000, 8L << 20), new Cluster.Maglev(65_537))) {
      MeshTest mesh =
          mesh(
              cluster("reviews")
                  .endpoints(0, weighted(1, 1), weighted(2, 2), weighted(3, 7))
                  .balancer(balancer));
      Map<Integer, Integer> seen = spread(mesh, 20_000);
      // the ring's own shares are off by a little, so the bound is that of chance and ring
      assertThat(chiSquare(seen, Map.of(1, 0.1, 2, 0.2, 3, 0.7), 20_000))
          .as(balancer.toString())
          .isLessThan(25);
    }
  }

  @Test
  void oddWeightsAreExact() {
    MeshTest mesh =
        mesh(cluster("reviews").endpoints(0, weighted(1, 3), weighted(2, 11), weighted(3, 86)));
    assertThat(spread(mesh, 5_000)).isEqualTo(Map.of(1, 150, 2, 550, 3, 4_300));
  }

  @ParameterizedTest
  @CsvSource({"0.0, 750, 750", "1.0, 0, 60", "2.0, 0, 60"})
  void biasSaysHowMuchLoadCounts(double bias, int least, int most) {
    MeshTest mesh =
        mesh(
            cluster("reviews")
                .endpoints(0, weighted(1, 1), weighted(2, 3))
                .balancer(new Cluster.LeastRequest(2, bias, null, false)));
    // 100 requests that never end keep the heavy one busy
    List<MeshTest.Call> hanging = new ArrayList<>();
    while (hanging.size() < 100) {
      MeshTest.Call call = mesh.get("/");
      if (call.port() == 2) {
        hanging.add(call);
      } else {
        call.answers(200).end();
      }
    }
    int heavy = spread(mesh, 1_000).getOrDefault(2, 0);
    assertThat(heavy).isBetween(least, most);
  }

  @Test
  void fullScanFindsTheIdleOne() {
    MeshTest mesh =
        mesh(
            cluster("reviews", 1, 2, 3, 4, 5, 6, 7, 8)
                .balancer(new Cluster.LeastRequest(2, 1.0, null, true)));
    List<Integer> ports = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      ports.add(mesh.get("/").port());
    }
    assertThat(ports).containsExactlyInAnyOrder(1, 2, 3, 4, 5, 6, 7, 8);
  }

  @Test
  void newEndpointsGrowIntoTheirShare() {
    var slow = new Cluster.SlowStart(Duration.ofSeconds(100), 1.0, 0.1);
    Config config =
        Config.http(route()).cluster(cluster("reviews", 1).balancer(new Cluster.RoundRobin(slow)));
    MeshTest mesh = new MeshTest(config, 3);
    mesh.advance(Duration.ofSeconds(200));
    config.cluster(cluster("reviews", 1, 2).balancer(new Cluster.RoundRobin(slow)));
    mesh.engine.publish(config.build());
    assertThat(share(mesh)).as("at the start a tenth").isBetween(0.08, 0.11);
    mesh.advance(Duration.ofSeconds(50));
    assertThat(share(mesh)).as("half the window, half the weight").isBetween(0.31, 0.36);
    mesh.advance(Duration.ofSeconds(51));
    assertThat(share(mesh)).as("grown").isBetween(0.49, 0.51);
  }

  @Test
  void aggressionBendsTheGrowth() {
    var slow = new Cluster.SlowStart(Duration.ofSeconds(100), 2.0, 0.0);
    Config config =
        Config.http(route())
            .cluster(cluster("reviews", 1).balancer(new Cluster.LeastRequest(2, 1.0, slow, false)));
    MeshTest mesh = new MeshTest(config, 3);
    mesh.advance(Duration.ofSeconds(200));
    config.cluster(
        cluster("reviews", 1, 2).balancer(new Cluster.LeastRequest(2, 1.0, slow, false)));
    mesh.engine.publish(config.build());
    mesh.advance(Duration.ofSeconds(25));
    // (25/100)^(1/2) = 0.5 of the weight: a third of the requests
    assertThat(share(mesh)).isBetween(0.31, 0.36);
  }

  private static double share(MeshTest mesh) {
    return spread(mesh, 1_000).getOrDefault(2, 0) / 1_000.0;
  }

  @Test
  void latencyAwareBalancingLeavesTheSlowAlone() {
    MeshTest mesh = mesh(cluster("reviews", 1, 2, 3).balancer(Cluster.PeakEwma.DEFAULT));
    Map<Integer, Integer> seen = new TreeMap<>();
    for (int i = 0; i < 2_000; i++) {
      MeshTest.Call call = mesh.get("/");
      mesh.advance(Duration.ofMillis(call.port() == 2 ? 400 : 10));
      call.answers(200).end();
      seen.merge(call.port(), 1, Integer::sum);
    }
    assertThat(seen.get(2)).isLessThan(20);
    assertThat(seen.get(1)).isBetween(850, 1_150);
  }

  @Test
  void latencyAwareBalancingAvoidsWhoNeverAnswers() {
    MeshTest mesh = mesh(cluster("reviews", 1, 2).balancer(Cluster.PeakEwma.DEFAULT));
    MeshTest.Call silent = mesh.get("/");
    for (int i = 0; i < 50; i++) {
      assertThat(mesh.get("/").answers(200).end().port()).isNotEqualTo(silent.port());
    }
  }

  @Test
  void boundedLoadPassesOnWhatOneHostCannotBear() {
    HashPolicy policy = new HashPolicy.Header("user", false);
    var ring =
        new Cluster.RingHash(
            1024, 8L << 20, Cluster.HashFunction.XX_HASH, new Cluster.Hashing(false, 150));
    MeshTest mesh =
        new MeshTest(
            Config.http(route().hash(policy))
                .cluster(cluster("reviews", 1, 2, 3, 4).balancer(ring)),
            5);
    Map<Integer, Integer> seen = new TreeMap<>();
    for (int i = 0; i < 100; i++) {
      // all of one user, and none of them ends
      MeshTest.Call call =
          mesh.call(io.selvage.engine.flow.TestHead.get("reviews", "/").with("user", "u"));
      seen.merge(call.port(), 1, Integer::sum);
    }
    assertThat(seen).hasSizeGreaterThan(2);
    // half as much again as the mean of 25, and the one that is being placed
    assertThat(seen.values()).allSatisfy(n -> assertThat(n).isLessThanOrEqualTo(39));
  }

  @Test
  void hashKeyAndHostNameStandForAnEndpoint() {
    HashPolicy policy = new HashPolicy.Header("user", false);
    var byName =
        new Cluster.RingHash(
            1024, 8L << 20, Cluster.HashFunction.MURMUR_HASH_2, new Cluster.Hashing(true, 0));
    List<Integer> one = users(byName, policy, named(1, "a", ""), named(2, "b", ""));
    assertThat(users(byName, policy, named(7, "a", ""), named(8, "b", "")))
        .as("other ports, same names")
        .isEqualTo(one.stream().map(port -> port + 6).toList());
    assertThat(users(byName, policy, named(1, "x", "a"), named(2, "y", "b")))
        .as("the key goes before the name")
        .isEqualTo(one);
  }

  private static Endpoint named(int port, String name, String key) {
    return new Endpoint(
        "10.0.0.1",
        port,
        1,
        Endpoint.Health.HEALTHY,
        Locality.UNKNOWN,
        "",
        Endpoint.Workload.UNKNOWN,
        key.isEmpty() ? Map.of() : Map.of("hash_key", key),
        name);
  }

  private static List<Integer> users(
      Cluster.Balancer balancer, HashPolicy policy, Endpoint... endpoints) {
    MeshTest mesh =
        new MeshTest(
            Config.http(route().hash(policy))
                .cluster(cluster("reviews").endpoints(0, endpoints).balancer(balancer)),
            5);
    List<Integer> ports = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      ports.add(
          mesh.call(io.selvage.engine.flow.TestHead.get("reviews", "/").with("user", "u" + i))
              .port());
    }
    return ports;
  }

  /** 4 callers here and 2 there; 3 endpoints here and 3 there, healthy each. */
  private static MeshTest zones(Cluster.ZoneAware zones, int callersHere, int callersThere) {
    var how =
        new Cluster.LocalityBalancing(false, 0.5, 1.4, zones, Cluster.LocalityBalancing.USABLE);
    Config config =
        Config.http(route())
            .cluster(
                cluster("reviews")
                    .group(0, 1, HERE, 1, 2, 3)
                    .group(0, 1, THERE, 11, 12, 13)
                    .locality(how));
    Config.ClusterBuilder own = cluster("productpage");
    int[] here = java.util.stream.IntStream.range(100, 100 + callersHere).toArray();
    int[] there = java.util.stream.IntStream.range(200, 200 + callersThere).toArray();
    config.cluster(own.group(0, 1, HERE, here).group(0, 1, THERE, there));
    return new MeshTest(config, 3, HERE);
  }

  @ParameterizedTest
  @CsvSource({
    "1.0, 6, 2, 4, 1000, 1000", // fewer callers than endpoints here: all stay
    "1.0, 6, 4, 2, 720, 780", // 50 % of the endpoints for 67 % of the callers: three quarters
    "1.0, 7, 2, 4, 450, 550", // too small a cluster: by endpoints
    "0.0, 6, 2, 4, 450, 550" // not asked for
  })
  void ownZoneGetsWhatItCanBear(
      double enabled, int minimum, int here, int there, int least, int most) {
    MeshTest mesh = zones(new Cluster.ZoneAware(enabled, minimum, false, false), here, there);
    Map<Integer, Integer> seen = spread(mesh, 1_000);
    int own = seen.getOrDefault(1, 0) + seen.getOrDefault(2, 0) + seen.getOrDefault(3, 0);
    assertThat(own).isBetween(least, most);
  }

  @Test
  void panicCanRefuseInsteadOfUsingAll() {
    var how =
        new Cluster.LocalityBalancing(
            false,
            0.5,
            1.4,
            new Cluster.ZoneAware(1, 6, true, false),
            Cluster.LocalityBalancing.USABLE);
    MeshTest mesh =
        mesh(
            cluster("reviews")
                .endpoints(
                    0,
                    endpoint(1, 1, Endpoint.Health.HEALTHY, Locality.UNKNOWN),
                    endpoint(2, 1, Endpoint.Health.UNHEALTHY, Locality.UNKNOWN),
                    endpoint(3, 1, Endpoint.Health.TIMEOUT, Locality.UNKNOWN))
                .locality(how));
    assertThat(mesh.get("/").rejection().flag()).isEqualTo("UH");
  }

  @Test
  void overloadPolicyDropsItsShare() {
    Config config = Config.http(route()).cluster(cluster("reviews", 1, 2));
    Endpoints all = config.endpoints.get("reviews");
    config.endpoints.put(
        "reviews", new Endpoints("reviews", all.groups(), new Endpoints.Policy(140, false, 0.25)));
    MeshTest mesh = new MeshTest(config, 3);
    assertThat(spread(mesh, 4_000).get(-1)).isBetween(900, 1_100);
  }

  @Test
  void overprovisioningComesWithTheEndpoints() {
    Config config =
        Config.http(route())
            .cluster(
                cluster("reviews")
                    .endpoints(
                        0,
                        endpoint(1, 1, Endpoint.Health.HEALTHY, Locality.UNKNOWN),
                        endpoint(2, 1, Endpoint.Health.UNHEALTHY, Locality.UNKNOWN))
                    .endpoints(1, endpoint(9)));
    Endpoints all = config.endpoints.get("reviews");
    config.endpoints.put(
        "reviews", new Endpoints("reviews", all.groups(), new Endpoints.Policy(100, false, 0)));
    assertThat(spread(new MeshTest(config, 3), 2_000).get(9)).isBetween(920, 1_080);
    config.endpoints.put(
        "reviews", new Endpoints("reviews", all.groups(), new Endpoints.Policy(200, false, 0)));
    assertThat(spread(new MeshTest(config, 3), 100)).containsOnlyKeys(1);
  }
}
