package io.selvage.engine.snapshot;

import io.selvage.engine.flow.Clock;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The states of all clusters; outlives snapshots. */
public final class StateTable {
  private final Map<String, ClusterState> clusters = new ConcurrentHashMap<>();
  private final Clock clock;

  StateTable(Clock clock) {
    this.clock = clock;
  }

  long now() {
    return clock.nanos();
  }

  /** The state of a cluster, made when it is new. */
  ClusterState cluster(String name) {
    return clusters.computeIfAbsent(name, ClusterState::new);
  }

  void retain(Set<String> names) {
    clusters.keySet().retainAll(names);
  }
}
