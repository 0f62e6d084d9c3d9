package io.selvage.differential;

import static io.selvage.differential.Configs.at;
import static io.selvage.differential.Configs.listener;
import static io.selvage.differential.Configs.to;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.UInt32Value;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.HealthStatus;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.type.v3.FractionalPercent;
import io.envoyproxy.envoy.type.v3.Percent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * How the load is shared by priorities, health, panic, localities and weights: both sides draw by
 * chance, so shares are compared, each host's within five standard deviations.
 */
@ExtendWith(Differential.class)
class SpilloverIT {
  private static final int POOL = 14;
  private static final HealthStatus[] STATES = {
    HealthStatus.HEALTHY,
    HealthStatus.HEALTHY,
    HealthStatus.HEALTHY,
    HealthStatus.UNHEALTHY,
    HealthStatus.DRAINING,
    HealthStatus.TIMEOUT,
    HealthStatus.DEGRADED
  };
  private static final Cluster.LbPolicy[] POLICIES = {
    Cluster.LbPolicy.ROUND_ROBIN,
    Cluster.LbPolicy.RANDOM,
    Cluster.LbPolicy.LEAST_REQUEST,
    Cluster.LbPolicy.RING_HASH,
    Cluster.LbPolicy.MAGLEV
  };

  private record Case(Cluster cluster, HostSet hosts) {}

  @Test
  void tables() throws Exception {
    long seed = 42;
    int tables = Differential.count(300, 40);
    int requests = Differential.count(1_000, 250);
    try (RealEnvoy envoy = RealEnvoy.start();
        var scenario = Differential.scenario("spill-over tables", seed)) {
      SplittableRandom random = new SplittableRandom(seed);
      List<String> pool = new ArrayList<>();
      for (int i = 0; i < POOL; i++) {
        pool.add(envoy.upstream().open(envoy.address(10 + i)));
      }
      List<Case> cases = new ArrayList<>();
      Route.Builder[] routes = new Route.Builder[tables];
      for (int i = 0; i < tables; i++) {
        cases.add(some("set" + i, pool, random));
        routes[i] =
            Route.newBuilder()
                .setMatch(RouteMatch.newBuilder().setPrefix("/set" + i + "/"))
                .setRoute(to("set" + i));
      }
      String address = envoy.address(0);
      Resources resources =
          new Resources(
              List.of(listener(envoy, address, Configs.routes(routes))),
              List.of(),
              cases.stream().map(Case::cluster).toList(),
              cases.stream().map(c -> c.hosts.build()).toList());
      assertThat(envoy.publish(resources)).isEmpty();
      EngineSide engine = EngineSide.of(resources, seed);
      for (int i = 0; i < tables; i++) {
        List<Call> calls = new ArrayList<>();
        for (int n = 0; n < requests; n++) {
          calls.add(Call.get(at(address), "a.example", "/set" + i + "/"));
        }
        Map<String, Integer> envoys = new TreeMap<>();
        Map<String, Integer> engines = new TreeMap<>();
        Map<String, Decision> decided = envoy.decide(calls);
        for (Call call : calls) {
          envoys.merge(where(decided.get(call.id())), 1, Integer::sum);
          engines.merge(where(engine.decide(call)), 1, Integer::sum);
        }
        envoy.forget();
        scenario.judge(
            cases.get(i).hosts + "\n" + cases.get(i).cluster,
            "shares of " + requests,
            differences(envoys, engines, requests));
      }
    }
  }

  static String where(Decision decision) {
    return decision.received().isEmpty()
        ? decision.status() + " " + decision.flag() + " " + decision.body()
        : decision.received().get(0).host();
  }

  static List<String> differences(
      Map<String, Integer> envoys, Map<String, Integer> engines, int requests) {
    List<String> found = new ArrayList<>();
    Set<String> all = new TreeSet<>(envoys.keySet());
    all.addAll(engines.keySet());
    for (String one : all) {
      int a = envoys.getOrDefault(one, 0);
      int b = engines.getOrDefault(one, 0);
      double share = (a + b) / 2.0 / requests;
      double bound = 5 * Math.sqrt(2 * share * (1 - share) * requests) + 2;
      if (Math.abs(a - b) > bound) {
        found.add(one + ": Envoy " + a + ", engine " + b + ", bound " + Math.round(bound));
      }
    }
    return found;
  }

  private static Case some(String name, List<String> pool, SplittableRandom random) {
    HostSet hosts = new HostSet(name);
    List<String> free = new ArrayList<>(pool);
    boolean weighted = random.nextBoolean();
    int priorities = 1 + random.nextInt(3);
    int sickness = random.nextInt(4);
    for (int p = 0; p < priorities; p++) {
      int zones = 1 + random.nextInt(3);
      for (int z = 0; z < zones; z++) {
        hosts.group("z" + z, p, 1 + random.nextInt(5));
        for (int n = random.nextInt(4); n > 0 && !free.isEmpty(); n--) {
          boolean sick = random.nextInt(4) < sickness;
          hosts.host(
              free.remove(0),
              weighted ? 1 + random.nextInt(5) : 1,
              sick ? STATES[random.nextInt(STATES.length)] : HealthStatus.HEALTHY);
        }
      }
    }
    if (random.nextInt(3) == 0) {
      hosts.policy(
          ClusterLoadAssignment.Policy.newBuilder()
              .setWeightedPriorityHealth(random.nextBoolean())
              .setOverprovisioningFactor(UInt32Value.of(100 + 20 * random.nextInt(6))));
    }
    Cluster.CommonLbConfig.Builder common = Cluster.CommonLbConfig.newBuilder();
    int panic = random.nextInt(3);
    if (panic > 0) {
      common.setHealthyPanicThreshold(
          Percent.newBuilder().setValue(panic == 1 ? 0 : random.nextInt(100)));
    }
    switch (random.nextInt(3)) {
      case 0 ->
          common.setLocalityWeightedLbConfig(
              Cluster.CommonLbConfig.LocalityWeightedLbConfig.getDefaultInstance());
      case 1 ->
          common.setZoneAwareLbConfig(
              Cluster.CommonLbConfig.ZoneAwareLbConfig.newBuilder()
                  .setFailTrafficOnPanic(random.nextBoolean()));
      default -> {}
    }
    Cluster.LbPolicy policy = POLICIES[random.nextInt(POLICIES.length)];
    return new Case(
        HostSet.cluster(name).setLbPolicy(policy).setCommonLbConfig(common).build(), hosts);
  }

  @Test
  void droppedOverload() throws Exception {
    try (RealEnvoy envoy = RealEnvoy.start();
        var scenario = Differential.scenario("dropped overload", 1)) {
      String host = envoy.upstream().open(envoy.address(10));
      HostSet all = new HostSet("all").group("z", 0, 1).host(host, 1, HealthStatus.HEALTHY);
      all.policy(dropping(100));
      HostSet none = new HostSet("none").group("z", 0, 1).host(host, 1, HealthStatus.HEALTHY);
      none.policy(dropping(0));
      HostSet some = new HostSet("some").group("z", 0, 1).host(host, 1, HealthStatus.HEALTHY);
      some.policy(dropping(50));
      String address = envoy.address(0);
      Resources resources =
          new Resources(
              List.of(
                  listener(
                      envoy,
                      address,
                      Configs.routes(
                          Route.newBuilder()
                              .setMatch(RouteMatch.newBuilder().setPrefix("/all"))
                              .setRoute(to("all")),
                          Route.newBuilder()
                              .setMatch(RouteMatch.newBuilder().setPrefix("/some"))
                              .setRoute(to("some")),
                          Route.newBuilder().setRoute(to("none"))))),
              List.of(),
              List.of(
                  HostSet.cluster("all").build(),
                  HostSet.cluster("none").build(),
                  HostSet.cluster("some").build()),
              List.of(all.build(), none.build(), some.build()));
      assertThat(envoy.publish(resources)).isEmpty();
      EngineSide engine = EngineSide.of(resources, 1);
      for (String path : List.of("/all", "/none")) {
        Call call = Call.get(at(address), "a.example", path);
        scenario.compare(all + "\n" + none, call, envoy.decide(call), engine.decide(call));
      }
      Call call = Call.get(at(address), "a.example", "/some");
      Decision envoys = envoy.decide(call);
      while (envoys.status() == 200) {
        call = Call.get(at(address), "a.example", "/some");
        envoys = envoy.decide(call);
      }
      Decision engines = engine.decide(call);
      while (engines.status() == 200) {
        engines = engine.decide(Call.get(at(address), "a.example", "/some"));
      }
      scenario.compare(some.toString(), call, envoys, engines);
    }
  }

  private static ClusterLoadAssignment.Policy.Builder dropping(int percent) {
    return ClusterLoadAssignment.Policy.newBuilder()
        .addDropOverloads(
            ClusterLoadAssignment.Policy.DropOverload.newBuilder()
                .setCategory("throttle")
                .setDropPercentage(FractionalPercent.newBuilder().setNumerator(percent)));
  }
}
