package io.selvage.differential;

import static io.selvage.differential.Configs.at;
import static io.selvage.differential.Configs.listener;
import static io.selvage.differential.Configs.to;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.UInt32Value;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.HealthStatus;
import io.envoyproxy.envoy.config.core.v3.RuntimeDouble;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.envoyproxy.envoy.type.v3.Percent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Choices that depend on what is under way, and on the age of endpoints. */
@ExtendWith(Differential.class)
class LoadsIT {
  private static final int HELD = 14;

  private static RouteAction.Builder byKey() {
    return to("one")
        .addHashPolicy(
            RouteAction.HashPolicy.newBuilder()
                .setHeader(RouteAction.HashPolicy.Header.newBuilder().setHeaderName("x-key")));
  }

  private static Resources resources(
      RealEnvoy envoy, String address, Cluster.Builder cluster, HostSet hosts) {
    return new Resources(
        List.of(listener(envoy, address, Configs.routes(byKey()))),
        List.of(),
        List.of(cluster.build()),
        List.of(hosts.build()));
  }

  /** Requests of one key, each held at its host while the next is sent. */
  @ParameterizedTest
  @CsvSource({
    "RING_HASH, 100, false",
    "RING_HASH, 130, true",
    "RING_HASH, 200, false",
    "MAGLEV, 120, false",
    "MAGLEV, 150, true",
    "MAGLEV, 300, true"
  })
  void boundedLoad(Cluster.LbPolicy policy, int factor, boolean weighted) throws Exception {
    try (RealEnvoy envoy = RealEnvoy.start();
        var scenario =
            Differential.scenario("bounded load " + policy + " " + factor, weighted ? 1 : 0)) {
      HostSet hosts = new HostSet("one").group("z", 0, 1);
      for (int i = 0; i < 5; i++) {
        hosts.host(
            envoy.upstream().open(envoy.address(10 + i)),
            weighted ? 1 + i : 1,
            HealthStatus.HEALTHY);
      }
      Cluster.Builder cluster =
          HostSet.cluster("one")
              .setLbPolicy(policy)
              .setCommonLbConfig(
                  Cluster.CommonLbConfig.newBuilder()
                      .setConsistentHashingLbConfig(
                          Cluster.CommonLbConfig.ConsistentHashingLbConfig.newBuilder()
                              .setHashBalanceFactor(UInt32Value.of(factor))));
      String address = envoy.address(0);
      Resources resources = resources(envoy, address, cluster, hosts);
      assertThat(envoy.publish(resources)).isEmpty();
      EngineSide engine = EngineSide.of(resources, 1);
      for (String key : List.of("a", "key", "another")) {
        List<Call> calls = new ArrayList<>();
        for (int i = 0; i < HELD; i++) {
          calls.add(Call.get(at(address), "a.example", "/", "x-key", key));
        }
        List<String> envoys = heldAtEnvoy(envoy, calls);
        List<String> engines = heldAtEngine(engine, calls);
        scenario.judge(
            hosts + "\n" + cluster,
            "key " + key,
            envoys.equals(engines)
                ? List.of()
                : List.of("hosts: Envoy " + envoys + ", engine " + engines));
      }
    }
  }

  /** Each call goes on its way when the one before has reached its host. */
  private static List<String> heldAtEnvoy(RealEnvoy envoy, List<Call> calls) throws Exception {
    Map<String, String> hosts = new ConcurrentHashMap<>();
    CountDownLatch end = new CountDownLatch(1);
    envoy
        .upstream()
        .script(
            (request, nth) -> {
              hosts.put(request.id(), request.host());
              try {
                end.await();
              } catch (InterruptedException stop) {
                Thread.currentThread().interrupt();
              }
              return Answer.of(200);
            });
    List<Thread> threads = new ArrayList<>();
    List<String> order = new ArrayList<>();
    for (Call call : calls) {
      Thread thread = new Thread(() -> envoy.send(call));
      thread.start();
      threads.add(thread);
      Awaitility.await("the call at a host")
          .pollInterval(Duration.ofMillis(2))
          .atMost(Duration.ofSeconds(30))
          .until(() -> hosts.containsKey(call.id()));
      order.add(hosts.get(call.id()));
    }
    end.countDown();
    for (Thread thread : threads) {
      thread.join();
    }
    Awaitility.await("nothing under way")
        .atMost(Duration.ofSeconds(30))
        .until(() -> envoy.stat("cluster.one.upstream_rq_active") == 0);
    return order;
  }

  private static List<String> heldAtEngine(EngineSide engine, List<Call> calls) {
    List<String> order = new ArrayList<>();
    engine.script(
        (request, nth) -> {
          order.add(request.host());
          return Answer.of(200).after(Duration.ofSeconds(1));
        });
    calls.forEach(engine::start);
    engine.clock().advance(Duration.ofSeconds(5));
    return order;
  }

  /** It takes two windows each, so ordinary builds try one. */
  static List<Cluster.LbPolicy> slow() {
    List<Cluster.LbPolicy> both =
        List.of(Cluster.LbPolicy.ROUND_ROBIN, Cluster.LbPolicy.LEAST_REQUEST);
    return both.subList(0, Differential.count(2, 1));
  }

  /** A host that comes late gets a tenth of its part at first, and all of it in the end. */
  @ParameterizedTest
  @MethodSource("slow")
  void slowStart(Cluster.LbPolicy policy) throws Exception {
    Duration window = Duration.ofSeconds(8);
    try (RealEnvoy envoy = RealEnvoy.start();
        var scenario = Differential.scenario("slow start " + policy, 1)) {
      List<String> pool = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        pool.add(envoy.upstream().open(envoy.address(10 + i)));
      }
      Cluster.SlowStartConfig.Builder slow =
          Cluster.SlowStartConfig.newBuilder()
              .setSlowStartWindow(
                  com.google.protobuf.Duration.newBuilder().setSeconds(window.toSeconds()))
              .setAggression(RuntimeDouble.newBuilder().setDefaultValue(0.4).setRuntimeKey("x"))
              .setMinWeightPercent(Percent.newBuilder().setValue(10));
      Cluster.Builder cluster = HostSet.cluster("one").setLbPolicy(policy);
      if (policy == Cluster.LbPolicy.ROUND_ROBIN) {
        cluster.setRoundRobinLbConfig(
            Cluster.RoundRobinLbConfig.newBuilder().setSlowStartConfig(slow));
      } else {
        cluster.setLeastRequestLbConfig(
            Cluster.LeastRequestLbConfig.newBuilder().setSlowStartConfig(slow));
      }
      String address = envoy.address(0);
      Resources two = resources(envoy, address, cluster, set(pool.subList(0, 2)));
      Resources three = resources(envoy, address, cluster, set(pool));
      assertThat(envoy.publish(two)).isEmpty();
      EngineSide engine = EngineSide.of(two, 1);
      pass(envoy, engine, address, window.plusSeconds(1));
      assertThat(envoy.publish(three)).isEmpty();
      assertThat(engine.publish(three)).isEmpty();
      // with this aggression the least part, a tenth, lasts for a third of the window
      List<Call> young = calls(address);
      int envoys = share(envoy.decide(young).values(), pool.get(2));
      int engines = share(young.stream().map(engine::decide).toList(), pool.get(2));
      scenario.judge(cluster.toString(), "young", within(envoys, engines, 0.1 / 2.1));
      pass(envoy, engine, address, window.plusSeconds(1));
      List<Call> grown = calls(address);
      int all = share(envoy.decide(grown).values(), pool.get(2));
      int all2 = share(grown.stream().map(engine::decide).toList(), pool.get(2));
      scenario.judge(cluster.toString(), "grown", within(all, all2, 1 / 3.0));
    }
  }

  private static final int REQUESTS = 300;

  private static List<Call> calls(String address) {
    List<Call> calls = new ArrayList<>();
    for (int i = 0; i < REQUESTS; i++) {
      calls.add(Call.get(at(address), "a.example", "/"));
    }
    return calls;
  }

  private static HostSet set(List<String> hosts) {
    HostSet set = new HostSet("one").group("z", 0, 1);
    hosts.forEach(host -> set.host(host, 1, HealthStatus.HEALTHY));
    return set;
  }

  /** So much time goes by on both sides; both are asked, as hosts age when they are looked at. */
  private static void pass(RealEnvoy envoy, EngineSide engine, String address, Duration time) {
    long start = System.nanoTime();
    Awaitility.await("the window is over")
        .atMost(time.plusSeconds(30))
        .until(() -> System.nanoTime() - start > time.toNanos());
    engine.clock().advance(time);
    Call call = Call.get(at(address), "a.example", "/");
    envoy.decide(call);
    engine.decide(call);
  }

  private static int share(Collection<Decision> decided, String host) {
    return (int) decided.stream().filter(d -> d.received().get(0).host().equals(host)).count();
  }

  /** Five standard deviations around what the weights say. */
  private static List<String> within(int envoys, int engines, double part) {
    double bound = 5 * Math.sqrt(REQUESTS * part * (1 - part)) + 2;
    List<String> found = new ArrayList<>();
    if (Math.abs(envoys - REQUESTS * part) > bound) {
      found.add("Envoy " + envoys + " of " + REQUESTS + ", not " + REQUESTS * part);
    }
    if (Math.abs(engines - REQUESTS * part) > bound) {
      found.add("engine " + engines + " of " + REQUESTS + ", not " + REQUESTS * part);
    }
    return found;
  }
}
