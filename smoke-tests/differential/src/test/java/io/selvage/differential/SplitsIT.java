package io.selvage.differential;

import static io.selvage.differential.Configs.at;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.UInt32Value;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.WeightedCluster;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Weighted splits: number by number where a header stands for chance, by chi-square where not. */
@ExtendWith(Differential.class)
class SplitsIT {
  private static final long SEED = 97L;
  private static final int[][] WEIGHTS = {
    {1}, {1, 1}, {90, 10}, {0, 7, 0, 3}, {1, 99}, {5, 0, 20, 75}, {1000, 1, 1}, {33, 33, 34}
  };

  /** Upper 0.1 % points of the chi-square distribution by degrees of freedom. */
  private static final double[] LIMIT = {0, 10.83, 13.82, 16.27};

  @Test
  void byHeader() throws Exception {
    try (RealEnvoy envoy = RealEnvoy.start();
        var scenario = Differential.scenario("weighted split by header", SEED)) {
      List<Cluster> clusters = clusters(envoy);
      List<TableBatches.Case> cases = new ArrayList<>();
      for (int i = 0; i < WEIGHTS.length; i++) {
        RouteConfiguration table = table(WEIGHTS[i], "x-random");
        String address = envoy.address(100 + i);
        List<Call> calls = new ArrayList<>();
        for (int value = 0; value < Differential.count(1100, 220); value++) {
          calls.add(Call.get(at(address), "a.example", "/", "x-random", "" + value));
        }
        for (String odd : new String[] {"18446744073709551615", "9223372036854775808", "007"}) {
          calls.add(Call.get(at(address), "a.example", "/", "x-random", odd));
        }
        Listener listener = Configs.listener(envoy, address, table);
        cases.add(new TableBatches.Case(SEED + i, listener, table, calls));
      }
      new TableBatches(envoy, scenario, clusters, Script.OK).run(cases);
    }
  }

  @Test
  void byChance() throws Exception {
    int requests = Differential.count(20_000, 4_000);
    try (RealEnvoy envoy = RealEnvoy.start();
        var scenario = Differential.scenario("weighted split by chance", SEED)) {
      List<Cluster> clusters = clusters(envoy);
      String address = envoy.address(100);
      for (int[] weights : WEIGHTS) {
        RouteConfiguration table = table(weights, "");
        Resources resources =
            Resources.of(List.of(Configs.listener(envoy, address, table)), clusters);
        assertThat(envoy.publish(resources)).isEmpty();
        EngineSide engine = EngineSide.of(resources, SEED);
        Map<String, Integer> counted = new TreeMap<>();
        for (int i = 0; i < requests; i++) {
          String host =
              engine.decide(Call.get(at(address), "a.example", "/")).received().get(0).host();
          counted.merge(host, 1, Integer::sum);
        }
        scenario.judge(table.toString(), "engine", off(clusters, weights, counted, requests));
        int fewer = requests / 10;
        List<Call> calls = new ArrayList<>();
        for (int i = 0; i < fewer; i++) {
          calls.add(Call.get(at(address), "a.example", "/"));
        }
        Map<String, Integer> real = new HashMap<>();
        envoy
            .decide(calls)
            .values()
            .forEach(d -> real.merge(d.received().get(0).host(), 1, Integer::sum));
        scenario.judge(table.toString(), "Envoy", off(clusters, weights, real, fewer));
        envoy.forget();
      }
    }
  }

  /** Empty when the counts go with the weights. */
  private static List<String> off(
      List<Cluster> clusters, int[] weights, Map<String, Integer> counted, int requests) {
    int total = java.util.Arrays.stream(weights).sum();
    double sum = 0;
    int kinds = 0;
    for (int i = 0; i < weights.length; i++) {
      var socket =
          clusters
              .get(i)
              .getLoadAssignment()
              .getEndpoints(0)
              .getLbEndpoints(0)
              .getEndpoint()
              .getAddress()
              .getSocketAddress();
      int found = counted.getOrDefault(socket.getAddress() + ":" + socket.getPortValue(), 0);
      double expected = (double) requests * weights[i] / total;
      if (weights[i] == 0) {
        if (found > 0) {
          return List.of("cluster " + i + " has no weight but got " + found);
        }
        continue;
      }
      kinds++;
      sum += (found - expected) * (found - expected) / expected;
    }
    return sum <= LIMIT[kinds - 1] || kinds == 1
        ? List.of()
        : List.of("chi-square " + sum + " of " + counted);
  }

  private static List<Cluster> clusters(RealEnvoy envoy) {
    List<Cluster> clusters = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      String host = envoy.upstream().open(envoy.address(i));
      clusters.add(Configs.cluster("c" + i, host).build());
    }
    return clusters;
  }

  private static RouteConfiguration table(int[] weights, String header) {
    WeightedCluster.Builder split = WeightedCluster.newBuilder().setHeaderName(header);
    for (int i = 0; i < weights.length; i++) {
      split.addClusters(
          WeightedCluster.ClusterWeight.newBuilder()
              .setName("c" + i)
              .setWeight(UInt32Value.of(weights[i])));
    }
    return Configs.routes(RouteAction.newBuilder().setWeightedClusters(split));
  }
}
