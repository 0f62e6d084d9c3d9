package io.selvage.engine.snapshot;

import org.jspecify.annotations.Nullable;

/**
 * The limits of a listener, chain or workload with their state.
 *
 * @param rate null = none
 * @param concurrency null = none
 */
public record Limiters(@Nullable LocalLimiter rate, @Nullable ConcurrencyLimiter concurrency) {
  /** Nothing is limited. */
  public static final Limiters NONE = new Limiters(null, null);
}
