package io.selvage.engine.snapshot;

import org.jspecify.annotations.Nullable;

/**
 * The limits of a listener, chain or workload with their state.
 *
 * @param rate null = none
 * @param concurrency null = none
 * @param callers of a workload alone; null = none
 */
public record Limiters(
    @Nullable LocalLimiter rate,
    @Nullable ConcurrencyLimiter concurrency,
    @Nullable CallerLimiter callers) {
  /** Nothing is limited. */
  public static final Limiters NONE = new Limiters(null, null, null);
}
