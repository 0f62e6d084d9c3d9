package io.selvage.differential;

import static io.selvage.differential.Configs.at;

import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Generated route tables with requests: all that a route can match and do. */
@ExtendWith(Differential.class)
class RouteTablesIT {
  private static final long SEED = Long.getLong("differential.seed", 20261120L);
  private static final int REQUESTS = 50;

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
      List<TableBatches.Case> cases = new ArrayList<>();
      for (int i = 0; i < tables; i++) {
        cases.add(made(envoy, SEED + i, i));
      }
      new TableBatches(envoy, scenario, clusters, script).run(cases);
    }
  }

  private static TableBatches.Case made(RealEnvoy envoy, long seed, int number) {
    String address = envoy.address(100 + number);
    RouteConfiguration table = new RouteTables(seed).table();
    List<Call> calls = new Requests(seed * 31, table).calls(at(address), REQUESTS);
    return new TableBatches.Case(seed, Configs.listener(envoy, address, table), table, calls);
  }
}
