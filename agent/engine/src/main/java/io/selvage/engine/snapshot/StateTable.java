package io.selvage.engine.snapshot;

import io.selvage.engine.flow.Clock;
import io.selvage.engine.model.AdaptiveConcurrency;
import io.selvage.engine.model.CallerRates;
import io.selvage.engine.model.LocalRateLimit;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The states of all clusters; outlives snapshots. */
public final class StateTable {
  private final Map<String, ClusterState> clusters = new ConcurrentHashMap<>();
  private final Map<String, LocalLimiter> limiters = new ConcurrentHashMap<>();
  private final Map<String, ConcurrencyLimiter> concurrency = new ConcurrentHashMap<>();
  private final Clock clock;
  private @Nullable CallerLimiter callers;

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

  /** As {@link #limiter}, for requests at once; null = not limited. */
  @Nullable ConcurrencyLimiter concurrency(String place, @Nullable AdaptiveConcurrency config) {
    if (config == null) {
      concurrency.remove(place);
      return null;
    }
    return concurrency.compute(
        place,
        (name, before) ->
            before != null && before.config().equals(config)
                ? before
                : new ConcurrencyLimiter(config, now()));
  }

  /** The workload's limits by caller, likewise; null = none. */
  @Nullable CallerLimiter callers(@Nullable CallerRates config) {
    CallerLimiter before = callers;
    callers =
        config == null || (before != null && before.config().equals(config))
            ? (config == null ? null : before)
            : new CallerLimiter(config, now());
    return callers;
  }

  void retain(Set<String> names) {
    clusters.keySet().retainAll(names);
  }
}
