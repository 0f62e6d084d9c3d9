package io.selvage.engine.model;

import org.jspecify.annotations.Nullable;

/**
 * What a listener or a filter chain lets through of its requests.
 *
 * @param rate null = however many
 * @param concurrency null = however many at once
 */
public record RequestLimits(
    @Nullable LocalRateLimit rate, @Nullable AdaptiveConcurrency concurrency) {
  /** Everything passes. */
  public static final RequestLimits NONE = new RequestLimits(null, null);

  /** Limited by rate alone. */
  public static RequestLimits of(@Nullable LocalRateLimit rate) {
    return rate == null ? NONE : new RequestLimits(rate, null);
  }
}
