package io.selvage.differential;

import static io.selvage.differential.Configs.at;

import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Generated route tables with requests: all that a route can match and do. */
@ExtendWith(Differential.class)
class RouteTablesIT {
  private static final long SEED = Long.getLong("differential.seed", 20261120L);
  private static final int REQUESTS = 50;
  private static final int BATCH = 100;

  /** A table under test. */
  private record Case(long seed, Listener listener, RouteConfiguration table, List<Call> calls) {}

  @Test
  void generatedTables() throws Exception {
    int tables = Integer.getInteger("differential.tables", Differential.count(2000, 150));
    try (RealEnvoy envoy = RealEnvoy.start();
        var scenario = Differential.scenario("route tables", SEED)) {
      List<Cluster> clusters = new ArrayList<>();
      for (int i = 0; i < RouteTables.CLUSTERS.length; i++) {
        clusters.add(
            Configs.cluster(RouteTables.CLUSTERS[i], envoy.upstream().open(envoy.address(i)))
                .build());
      }
      Script script = (request, nth) -> Answer.of(200, "x-up", "up", "x-old", "old").withBody("b");
      envoy.upstream().script(script);
      for (int from = 0; from < tables; from += BATCH) {
        List<Case> batch = new ArrayList<>();
        for (int i = from; i < Math.min(tables, from + BATCH); i++) {
          batch.add(made(envoy, SEED + i, i));
        }
        run(envoy, scenario, batch, clusters, script);
        envoy.forget();
      }
    }
  }

  private static Case made(RealEnvoy envoy, long seed, int number) {
    String address = envoy.address(100 + number);
    RouteConfiguration table = new RouteTables(seed).table();
    List<Call> calls = new Requests(seed * 31, table).calls(at(address), REQUESTS);
    return new Case(seed, Configs.listener(envoy, address, table), table, calls);
  }

  private static void run(
      RealEnvoy envoy,
      Differential.Scenario scenario,
      List<Case> batch,
      List<Cluster> clusters,
      Script script) {
    envoy.publish(Resources.of(batch.stream().map(Case::listener).toList(), clusters));
    String active = envoy.admin("/listeners");
    List<Call> calls = new ArrayList<>();
    Map<Case, EngineSide> engines = new LinkedHashMap<>();
    for (Case one : batch) {
      boolean taken = active.contains(one.listener().getName() + "::");
      EngineSide engine = new EngineSide(one.seed()).script(script);
      Map<String, String> refused = engine.publish(Resources.of(List.of(one.listener()), clusters));
      if (taken == refused.isEmpty()) {
        if (taken) {
          engines.put(one, engine);
          calls.addAll(one.calls());
        } else {
          scenario.agreed();
          if (Boolean.getBoolean("differential.verbose")) {
            System.out.println("both refuse: " + envoy.refusal(one.listener()) + " :: " + refused);
          }
        }
      } else {
        scenario.judge(
            one.table().toString(),
            "table " + one.seed(),
            List.of(
                "configuration: Envoy "
                    + (taken ? "takes it" : "refuses it: " + envoy.refusal(one.listener()))
                    + ", the agent "
                    + (refused.isEmpty() ? "takes it" : "refuses it: " + refused)));
      }
    }
    Map<String, Decision> decided = new HashMap<>(envoy.decide(calls));
    engines.forEach(
        (one, engine) -> {
          for (Call call : one.calls()) {
            scenario.compare(
                "table " + one.seed() + "\n" + one.table(),
                call,
                decided.get(call.id()),
                engine.decide(call));
          }
        });
  }
}
