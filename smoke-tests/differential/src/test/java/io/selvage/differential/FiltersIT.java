package io.selvage.differential;

import static io.selvage.differential.Configs.at;

import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Faults (delay, abort, by header) and CORS rules on routes, hosts, tables and listeners. */
@ExtendWith(Differential.class)
class FiltersIT {
  private static final long SEED = Long.getLong("differential.seed", 4711L);

  @Test
  void faultsAndCors() throws Exception {
    int tables = Integer.getInteger("differential.tables", Differential.count(500, 60));
    try (RealEnvoy envoy = RealEnvoy.start();
        var scenario = Differential.scenario("faults and CORS", SEED)) {
      String host = envoy.upstream().open(envoy.address(0));
      List<Cluster> clusters = List.of(Configs.cluster("c0", host).build());
      Script script = (request, nth) -> Answer.of(200, "x-up", "up").withBody("b");
      envoy.upstream().script(script);
      TableBatches batches = new TableBatches(envoy, scenario, clusters, script);
      List<TableBatches.Case> cases = new ArrayList<>();
      for (int i = 0; i < tables; i++) {
        cases.add(made(envoy, SEED + i, i));
      }
      batches.run(cases);
    }
  }

  private static TableBatches.Case made(RealEnvoy envoy, long seed, int number) {
    String address = envoy.address(100 + number);
    FilterTables made = new FilterTables(seed);
    RouteConfiguration table = made.table();
    HttpConnectionManager.Builder manager = Configs.manager(envoy, table);
    if (made.percent(30)) {
      manager.setHttpFilters(0, Configs.filter("envoy.filters.http.fault", made.fault()));
    }
    Listener listener = Configs.listener(address, manager.build());
    return new TableBatches.Case(seed, listener, table, made.calls(at(address), 40));
  }
}
