package io.selvage.engine.snapshot;

import io.selvage.engine.flow.Clock;
import io.selvage.engine.model.LocalRateLimit;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The states of all clusters; outlives snapshots. */
public final class StateTable {
  private final Map<String, ClusterState> clusters = new ConcurrentHashMap<>();
  private final Map<String, LocalLimiter> limiters = new ConcurrentHashMap<>();
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

  /**
   * The limiter at a place of the configuration; its buckets go on unless its configuration is
   * another now.
   */
  LocalLimiter limiter(String place, LocalRateLimit config) {
    return limiters.compute(
        place,
        (name, before) ->
            before != null && before.config().equals(config)
                ? before
                : new LocalLimiter(config, now()));
  }

  void retain(Set<String> names) {
    clusters.keySet().retainAll(names);
  }
}
