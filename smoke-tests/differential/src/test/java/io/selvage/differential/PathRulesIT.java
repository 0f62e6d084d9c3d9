package io.selvage.differential;

import static io.selvage.differential.Configs.at;

import com.google.protobuf.BoolValue;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Paths as a listener has them normalised before routes see them. */
@ExtendWith(Differential.class)
class PathRulesIT {
  private static final long SEED = 555L;
  private static final String[] PARTS = {
    "/", "//", "/.", "/..", "/a", "/b", "/%2e", "/%2E%2e", "/a%2Fb", "/%2f", "/a%5Cb", "/%5c..",
    "/..;x", "/a.", "/.b", "/%41", "/%7E", "/%20", "/%zz", "/%", "/%C3%A9", "/a\\b", "/;p=1",
        "/a|b",
    "/%25", "/%252e", "/{a}", "/a^b", "/a\"b", "/'a", "/!$&()*+,=:@", "/%00", "/[a]", "/<a>", "/`a"
  };

  @Test
  void normalisation() throws Exception {
    try (RealEnvoy envoy = RealEnvoy.start();
        var scenario = Differential.scenario("path rules", SEED)) {
      String host = envoy.upstream().open(envoy.address(0));
      List<Cluster> clusters = List.of(Configs.cluster("c0", host).build());
      List<TableBatches.Case> cases = new ArrayList<>();
      int number = 0;
      for (boolean normalise : new boolean[] {true, false}) {
        for (boolean merge : new boolean[] {true, false}) {
          for (int slashes = 0; slashes < 5; slashes++) {
            cases.add(made(envoy, number++, normalise, merge, slashes));
          }
        }
      }
      new TableBatches(envoy, scenario, clusters, Script.OK).run(cases);
    }
  }

  private static TableBatches.Case made(
      RealEnvoy envoy, int number, boolean normalise, boolean merge, int slashes) {
    String address = envoy.address(100 + number);
    RouteConfiguration table =
        Configs.routes(
            Route.newBuilder()
                .setName("a")
                .setMatch(RouteMatch.newBuilder().setPrefix("/a"))
                .setRoute(Configs.to("c0").setHostRewriteLiteral("a")),
            Route.newBuilder().setRoute(Configs.to("c0")));
    HttpConnectionManager.Builder manager =
        Configs.manager(envoy, table)
            .setNormalizePath(BoolValue.of(normalise))
            .setMergeSlashes(merge)
            .setPathWithEscapedSlashesActionValue(slashes);
    Dice dice = new Dice(SEED + number);
    List<Call> calls = new ArrayList<>();
    for (int i = 0; i < Differential.count(400, 100); i++) {
      StringBuilder path = new StringBuilder(dice.of(PARTS));
      while (dice.percent(55)) {
        path.append(dice.of(PARTS));
      }
      if (dice.percent(20)) {
        path.append(dice.of("?q=/../a", "?", "?a%2Fb//"));
      }
      calls.add(Call.get(at(address), "h.example", path.toString()));
    }
    return new TableBatches.Case(
        SEED + number, Configs.listener(address, manager.build()), table, calls);
  }
}
