package io.selvage.controller;

import io.selvage.controller.resource.Kind;
import io.selvage.controller.resource.Kinds;
import io.selvage.controller.serve.AgentStatus;
import io.selvage.controller.serve.ControlPlane;
import io.selvage.controller.store.Store;
import java.lang.management.ManagementFactory;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/** What the controller says about itself: name with labels to value, read at each scrape. */
final class ControllerMetrics {
  private final ControlPlane plane;
  private final Store store;

  ControllerMetrics(ControlPlane plane, Store store) {
    this.plane = plane;
    this.store = store;
  }

  Map<String, Double> read() {
    Map<String, Double> all = new LinkedHashMap<>(plane.metrics());
    all.put("selvage_store_revision", (double) store.revision());
    for (Kind kind : Kinds.all()) {
      all.put("selvage_store_objects{kind=\"" + kind + "\"}", (double) store.list(kind).size());
    }
    Map<String, Double> states = new TreeMap<>();
    for (String state : new String[] {"SYNCED", "STALE", "NACK"}) {
      states.put(state, 0.0);
    }
    for (AgentStatus agent : plane.agents()) {
      states.merge(agent.state(), 1.0, Double::sum);
    }
    states.forEach(
        (state, count) -> all.put("selvage_controller_agents{state=\"" + state + "\"}", count));
    var memory = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage();
    all.put("jvm_memory_used_bytes{area=\"heap\"}", (double) memory.getUsed());
    all.put("jvm_threads_live_threads", (double) Thread.getAllStackTraces().size());
    all.put("process_uptime_seconds", ManagementFactory.getRuntimeMXBean().getUptime() / 1000.0);
    return all;
  }
}
