package io.selvage.differential;

import static io.selvage.differential.Configs.at;
import static io.selvage.differential.Configs.listener;
import static io.selvage.differential.Configs.to;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.MessageLite;
import com.google.protobuf.UInt64Value;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.cluster.v3.LoadBalancingPolicy;
import io.envoyproxy.envoy.config.core.v3.HealthStatus;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.extensions.load_balancing_policies.common.v3.ConsistentHashingLbConfig;
import io.envoyproxy.envoy.extensions.load_balancing_policies.common.v3.LocalityLbConfig;
import io.envoyproxy.envoy.extensions.load_balancing_policies.maglev.v3.Maglev;
import io.envoyproxy.envoy.extensions.load_balancing_policies.ring_hash.v3.RingHash;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The same key goes to the same host, whoever sends it. */
@ExtendWith(Differential.class)
class HashingIT {
  private static final int SETS = 20;
  private static final int POOL = 24;
  private static final int BATCH = 500;
  private static final int[] TABLES = {251, 1021, 65_537};

  private record Case(Cluster cluster, HostSet hosts) {}

  @ParameterizedTest
  @EnumSource(
      value = Cluster.LbPolicy.class,
      names = {"RING_HASH", "MAGLEV"})
  void keysOverManyHostSets(Cluster.LbPolicy policy) throws Exception {
    long seed = 20_261_120L + policy.getNumber();
    int keys = Differential.count(10_000, 150);
    try (RealEnvoy envoy = RealEnvoy.start();
        var scenario = Differential.scenario("hashing " + policy, seed)) {
      SplittableRandom random = new SplittableRandom(seed);
      List<String> pool = new ArrayList<>();
      for (int i = 0; i < POOL; i++) {
        pool.add(envoy.upstream().open(envoy.address(10 + i)));
      }
      List<Case> cases = new ArrayList<>();
      for (int i = 0; i < SETS; i++) {
        cases.add(some(policy, "set" + i, pool, random));
      }
      String address = envoy.address(0);
      Resources resources = resources(envoy, address, cases);
      assertThat(envoy.publish(resources)).isEmpty();
      EngineSide engine = EngineSide.of(resources, seed);
      for (int i = 0; i < SETS; i++) {
        for (int done = 0; done < keys; done += BATCH) {
          List<Call> calls = new ArrayList<>();
          for (int k = done; k < Math.min(keys, done + BATCH); k++) {
            calls.add(Call.get(at(address), "a.example", "/set" + i + "/", "x-key", key(random)));
          }
          Map<String, Decision> decided = envoy.decide(calls);
          for (Call call : calls) {
            scenario.compare(
                cases.get(i).hosts + "\n" + cases.get(i).cluster,
                call,
                decided.get(call.id()),
                engine.decide(call));
          }
          envoy.forget();
        }
      }
    }
  }

  private static Resources resources(RealEnvoy envoy, String address, List<Case> cases) {
    Route.Builder[] routes = new Route.Builder[cases.size()];
    for (int i = 0; i < routes.length; i++) {
      routes[i] =
          Route.newBuilder()
              .setMatch(RouteMatch.newBuilder().setPrefix("/set" + i + "/"))
              .setRoute(to("set" + i).addHashPolicy(byHeader("x-key")));
    }
    return new Resources(
        List.of(listener(envoy, address, Configs.routes(routes))),
        List.of(),
        cases.stream().map(Case::cluster).toList(),
        cases.stream().map(c -> c.hosts.build()).toList());
  }

  private static RouteAction.HashPolicy byHeader(String name) {
    return RouteAction.HashPolicy.newBuilder()
        .setHeader(RouteAction.HashPolicy.Header.newBuilder().setHeaderName(name))
        .build();
  }

  private static String key(SplittableRandom random) {
    StringBuilder key = new StringBuilder();
    for (int n = 1 + random.nextInt(40); n > 0; n--) {
      key.append((char) ('!' + random.nextInt(94)));
    }
    return key.toString();
  }

  /** Weights, localities, unhealthy hosts, keys, names, odd sizes: each in some of the sets. */
  private static Case some(
      Cluster.LbPolicy policy, String name, List<String> pool, SplittableRandom random) {
    boolean weighted = random.nextInt(3) > 0;
    boolean byLocality = random.nextInt(3) == 0;
    boolean keyed = random.nextInt(4) == 0;
    boolean named = random.nextInt(4) == 0;
    boolean sick = random.nextInt(3) == 0;
    HostSet hosts = new HostSet(name);
    List<String> free = new ArrayList<>(pool);
    int groups = byLocality ? 2 + random.nextInt(3) : 1;
    for (int g = 0; g < groups; g++) {
      hosts.group("z" + random.nextInt(100) + g, 0, 1 + random.nextInt(50));
      for (int n = 1 + random.nextInt(byLocality ? 4 : 12); n > 0 && !free.isEmpty(); n--) {
        String host = free.remove(random.nextInt(free.size()));
        hosts.host(
            host,
            weighted ? 1 + random.nextInt(20) : 1,
            sick && random.nextInt(4) == 0 ? HealthStatus.UNHEALTHY : HealthStatus.HEALTHY,
            named ? "host-" + host.hashCode() : "",
            keyed && random.nextBoolean() ? "key-" + host.hashCode() : "");
      }
    }
    Cluster.Builder cluster = HostSet.cluster(name).setLbPolicy(policy);
    Cluster.CommonLbConfig.Builder common = Cluster.CommonLbConfig.newBuilder();
    if (byLocality && !named) {
      common.setLocalityWeightedLbConfig(
          Cluster.CommonLbConfig.LocalityWeightedLbConfig.getDefaultInstance());
    }
    cluster.setCommonLbConfig(common);
    if (named) {
      // Envoy takes names of EDS endpoints in a typed policy only
      cluster.setLbPolicy(Cluster.LbPolicy.LOAD_BALANCING_POLICY_CONFIG);
      cluster.setLoadBalancingPolicy(
          LoadBalancingPolicy.newBuilder()
              .addPolicies(
                  LoadBalancingPolicy.Policy.newBuilder()
                      .setTypedExtensionConfig(
                          TypedExtensionConfig.newBuilder()
                              .setName("typed")
                              .setTypedConfig(Configs.any(typed(policy, byLocality, random))))));
    } else {
      sizes(cluster, policy, random);
    }
    return new Case(cluster.build(), hosts);
  }

  private static MessageLite typed(
      Cluster.LbPolicy policy, boolean byLocality, SplittableRandom random) {
    ConsistentHashingLbConfig byName =
        ConsistentHashingLbConfig.newBuilder().setUseHostnameForHashing(true).build();
    LocalityLbConfig.LocalityWeightedLbConfig weighted =
        LocalityLbConfig.LocalityWeightedLbConfig.getDefaultInstance();
    if (policy == Cluster.LbPolicy.MAGLEV) {
      Maglev.Builder maglev = Maglev.newBuilder().setConsistentHashingLbConfig(byName);
      maglev.setTableSize(UInt64Value.of(TABLES[random.nextInt(TABLES.length)]));
      return (byLocality ? maglev.setLocalityWeightedLbConfig(weighted) : maglev).build();
    }
    RingHash.Builder ring = RingHash.newBuilder().setConsistentHashingLbConfig(byName);
    ring.setMinimumRingSize(UInt64Value.of(1 + random.nextInt(3_000)));
    return (byLocality ? ring.setLocalityWeightedLbConfig(weighted) : ring).build();
  }

  private static void sizes(
      Cluster.Builder cluster, Cluster.LbPolicy policy, SplittableRandom random) {
    if (policy == Cluster.LbPolicy.MAGLEV) {
      int size = TABLES[random.nextInt(TABLES.length)];
      cluster.setMaglevLbConfig(
          Cluster.MaglevLbConfig.newBuilder().setTableSize(UInt64Value.of(size)));
      return;
    }
    Cluster.RingHashLbConfig.Builder ring = Cluster.RingHashLbConfig.newBuilder();
    int least = 1 + random.nextInt(3_000);
    ring.setMinimumRingSize(UInt64Value.of(least));
    if (random.nextInt(3) == 0) {
      ring.setMaximumRingSize(UInt64Value.of(least + random.nextInt(50)));
    }
    if (random.nextInt(3) == 0) {
      ring.setHashFunction(Cluster.RingHashLbConfig.HashFunction.MURMUR_HASH_2);
    }
    cluster.setRingHashLbConfig(ring);
  }

  @Test
  void policiesInOrderAndCookiesAndParameters() throws Exception {
    try (RealEnvoy envoy = RealEnvoy.start();
        var scenario = Differential.scenario("hash policies", 3)) {
      HostSet hosts = new HostSet("one").group("z", 0, 1);
      for (int i = 0; i < 9; i++) {
        hosts.host(envoy.upstream().open(envoy.address(10 + i)), 1, HealthStatus.HEALTHY);
      }
      RouteAction.Builder action =
          to("one")
              .addHashPolicy(byHeader("x-a").toBuilder().setTerminal(true))
              .addHashPolicy(
                  RouteAction.HashPolicy.newBuilder()
                      .setCookie(RouteAction.HashPolicy.Cookie.newBuilder().setName("sticky")))
              .addHashPolicy(
                  RouteAction.HashPolicy.newBuilder()
                      .setTerminal(true)
                      .setQueryParameter(
                          RouteAction.HashPolicy.QueryParameter.newBuilder().setName("q")))
              .addHashPolicy(byHeader("x-b"));
      String address = envoy.address(0);
      Resources resources =
          new Resources(
              List.of(listener(envoy, address, Configs.routes(action))),
              List.of(),
              List.of(HostSet.cluster("one").setLbPolicy(Cluster.LbPolicy.RING_HASH).build()),
              List.of(hosts.build()));
      assertThat(envoy.publish(resources)).isEmpty();
      EngineSide engine = EngineSide.of(resources, 3);
      List<Call> calls = new ArrayList<>();
      for (int i = 0; i < 120; i++) {
        List<Header> headers = new ArrayList<>(Header.of("x-b", "b" + i));
        if (i % 2 == 0) {
          headers.add(
              new Header("cookie", "other=1; sticky=" + (i % 8 == 0 ? "\"s" + i + "\"" : "s" + i)));
        }
        if (i % 5 == 0) {
          headers.add(new Header("x-a", "a" + i));
        }
        String path = i % 3 == 0 ? "/x?p=1&q=v" + i : "/x";
        calls.add(Call.of(at(address), "GET", "a.example", path, headers));
      }
      Map<String, Decision> decided = envoy.decide(calls);
      for (Call call : calls) {
        scenario.compare(action.toString(), call, decided.get(call.id()), engine.decide(call));
      }
    }
  }
}
