package io.selvage.differential;

import static io.selvage.differential.Configs.at;
import static io.selvage.differential.Configs.to;

import com.google.protobuf.BoolValue;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.RuntimeFractionalPercent;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.envoyproxy.envoy.config.route.v3.RouteAction.RequestMirrorPolicy;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.envoyproxy.envoy.type.v3.FractionalPercent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Which copies are made of a request, where they go and what they look like. */
@ExtendWith(Differential.class)
class MirrorsIT {
  private static final long SEED = 31L;

  /** Which cluster a copy goes to is in its authority's host already; the answer waits for none. */
  @Test
  void copies() throws Exception {
    int tables = Differential.count(200, 40);
    try (RealEnvoy envoy = RealEnvoy.start();
        var scenario = Differential.scenario("mirrors", SEED)) {
      List<Cluster> clusters = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        String host = envoy.upstream().open(envoy.address(i));
        clusters.add(Configs.cluster("c" + i, host).build());
      }
      List<TableBatches.Case> cases = new ArrayList<>();
      for (int i = 0; i < tables; i++) {
        Dice dice = new Dice(SEED + i);
        String address = envoy.address(100 + i);
        RouteConfiguration table = table(dice);
        cases.add(
            new TableBatches.Case(
                SEED + i, Configs.listener(envoy, address, table), table, calls(dice, address)));
      }
      decide(envoy, scenario, clusters, cases);
    }
  }

  private static RouteConfiguration table(Dice dice) {
    RouteConfiguration.Builder table =
        RouteConfiguration.newBuilder()
            .setName("differential")
            .setValidateClusters(BoolValue.of(false));
    VirtualHost.Builder host = VirtualHost.newBuilder().setName("all").addDomains("*");
    if (dice.percent(25)) {
      table.addRequestMirrorPolicies(mirror(dice));
    }
    if (dice.percent(25)) {
      host.addRequestMirrorPolicies(mirror(dice));
    }
    for (int i = 0; i < 3; i++) {
      RouteAction.Builder action = to("c0").setPrefixRewrite(dice.of("", "/new"));
      while (dice.percent(45)) {
        action.addRequestMirrorPolicies(mirror(dice));
      }
      if (dice.percent(30)) {
        action.setHostRewriteLiteral("new.example");
      }
      host.addRoutes(
          Route.newBuilder().setMatch(RouteMatch.newBuilder().setPrefix("/" + i)).setRoute(action));
    }
    return table.addVirtualHosts(host).build();
  }

  private static RequestMirrorPolicy.Builder mirror(Dice dice) {
    RequestMirrorPolicy.Builder mirror =
        RequestMirrorPolicy.newBuilder().setCluster(dice.of("c1", "c2", "c3", "missing"));
    mirror.setDisableShadowHostSuffixAppend(dice.percent(30));
    if (dice.percent(40)) {
      mirror.setRuntimeFraction(
          RuntimeFractionalPercent.newBuilder()
              .setDefaultValue(
                  FractionalPercent.newBuilder().setNumerator(dice.percent(60) ? 100 : 0)));
    }
    return mirror;
  }

  private static List<Call> calls(Dice dice, String address) {
    List<Call> all = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      String authority = dice.of("a.example", "a.example:8080", "[::1]:80", "[::1]", "10.0.0.1:1");
      all.add(
          Call.of(at(address), dice.of("GET", "POST"), authority, "/" + dice.below(3) + "?q=1"));
    }
    return all;
  }

  private static void decide(
      RealEnvoy envoy,
      Differential.Scenario scenario,
      List<Cluster> clusters,
      List<TableBatches.Case> cases) {
    envoy.publish(Resources.of(cases.stream().map(TableBatches.Case::listener).toList(), clusters));
    List<Call> calls = cases.stream().flatMap(c -> c.calls().stream()).toList();
    Map<String, Wire.Message> answers = new HashMap<>();
    calls.forEach(call -> answers.put(call.id(), envoy.send(call)));
    Map<String, Decision> engine = new HashMap<>();
    for (TableBatches.Case one : cases) {
      EngineSide side = EngineSide.of(Resources.of(List.of(one.listener()), clusters), one.seed());
      one.calls().forEach(call -> engine.put(call.id(), side.decide(call)));
    }
    int expected = engine.values().stream().mapToInt(Decision::attempts).sum();
    settle(envoy, expected);
    Map<String, Decision> decided = envoy.decisions(calls, answers);
    for (TableBatches.Case one : cases) {
      for (Call call : one.calls()) {
        scenario.compare(
            "table " + one.seed() + "\n" + one.table(),
            call,
            decided.get(call.id()),
            engine.get(call.id()));
      }
    }
  }

  /** Copies arrive when they like; too few of them show in the comparison. */
  private static void settle(RealEnvoy envoy, int expected) {
    try {
      Awaitility.await("copies")
          .atMost(Duration.ofSeconds(5))
          .until(() -> envoy.upstream().total() >= expected);
    } catch (org.awaitility.core.ConditionTimeoutException fewer) {
      System.out.println("differential: mirrors: " + envoy.upstream().total() + " of " + expected);
    }
  }
}
