package io.selvage.differential;

import static io.selvage.differential.Configs.at;
import static io.selvage.differential.Configs.cluster;
import static io.selvage.differential.Configs.listener;
import static io.selvage.differential.Configs.resources;
import static io.selvage.differential.Configs.routes;
import static io.selvage.differential.Configs.to;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Duration;
import com.google.protobuf.UInt32Value;
import io.envoyproxy.envoy.config.cluster.v3.CircuitBreakers;
import io.envoyproxy.envoy.config.cluster.v3.CircuitBreakers.Thresholds;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.route.v3.RetryPolicy;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.type.v3.Percent;
import io.selvage.xds.newer.NewerRetryBudget;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** One request after another, each of which fails once: which of them a budget lets be repeated. */
@ExtendWith(Differential.class)
class RetryBudgetIT {
  private static Cluster.Builder budgeted(Cluster.Builder cluster, int percent, int seconds)
      throws Exception {
    Thresholds.RetryBudget budget =
        Thresholds.RetryBudget.newBuilder()
            .setBudgetPercent(Percent.newBuilder().setValue(percent))
            .setMinRetryConcurrency(UInt32Value.of(0))
            .build();
    NewerRetryBudget interval =
        NewerRetryBudget.newBuilder()
            .setBudgetInterval(Duration.newBuilder().setSeconds(seconds))
            .build();
    return cluster.setCircuitBreakers(
        CircuitBreakers.newBuilder()
            .addThresholds(
                Thresholds.newBuilder()
                    .setRetryBudget(
                        Thresholds.RetryBudget.parseFrom(
                            budget.toByteString().concat(interval.toByteString())))));
  }

  private static Route.Builder route(String path, String cluster) {
    return Route.newBuilder()
        .setMatch(RouteMatch.newBuilder().setPath(path))
        .setRoute(
            to(cluster)
                .setRetryPolicy(
                    RetryPolicy.newBuilder().setRetryOn("5xx").setNumRetries(UInt32Value.of(1))));
  }

  @Test
  void theShareOfAnInterval() throws Exception {
    try (RealEnvoy envoy = RealEnvoy.start();
        var scenario = Differential.scenario("retry budget of an interval", 1)) {
      String address = envoy.address(0);
      String host = envoy.upstream().open(envoy.address(1));
      RouteConfiguration table =
          routes(route("/now", "now"), route("/half", "half"), route("/tenth", "tenth"));
      Resources resources =
          resources(
              listener(envoy, address, table),
              budgeted(cluster("now", host), 50, 0),
              budgeted(cluster("half", host), 50, 3600),
              budgeted(cluster("tenth", host), 10, 3600));
      assertThat(envoy.publish(resources)).isEmpty();
      EngineSide engine = EngineSide.of(resources, 1);
      Script script = (request, nth) -> Answer.of(nth == 0 ? 503 : 200);
      envoy.upstream().script(script);
      engine.script(script);
      int[] repeated = new int[3];
      String[] paths = {"/now", "/half", "/tenth"};
      for (int i = 0; i < 60; i++) {
        String path = paths[i % 3];
        Call call = Call.get(at(address), "a.example", path);
        Decision decided = envoy.decide(List.of(call)).get(call.id());
        scenario.compare(table.toString(), call, decided, engine.decide(call));
        repeated[i % 3] += decided.received().size() - 1;
      }
      assertThat(repeated[0]).as("one under way is half a retry").isZero();
      assertThat(repeated[1]).isGreaterThan(repeated[2]).isEqualTo(19);
      assertThat(repeated[2]).isPositive();
    }
  }
}
