package io.selvage.differential;

import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Has many tables decided by both sides, a hundred at a time, each behind a listener of its own.
 */
final class TableBatches {
  private static final int BATCH = 100;

  /** A table under test. */
  record Case(long seed, Listener listener, RouteConfiguration table, List<Call> calls) {}

  private final RealEnvoy envoy;
  private final Differential.Scenario scenario;
  private final List<Cluster> clusters;
  private final Script script;

  TableBatches(
      RealEnvoy envoy, Differential.Scenario scenario, List<Cluster> clusters, Script script) {
    this.envoy = envoy;
    this.scenario = scenario;
    this.clusters = clusters;
    this.script = script;
  }

  void run(List<Case> cases) {
    for (int from = 0; from < cases.size(); from += BATCH) {
      batch(cases.subList(from, Math.min(cases.size(), from + BATCH)));
      envoy.forget();
    }
  }

  private void batch(List<Case> batch) {
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
