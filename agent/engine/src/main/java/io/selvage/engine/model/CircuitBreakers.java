package io.selvage.engine.model;

import org.jspecify.annotations.Nullable;

/**
 * Admission limits of a cluster, default priority (Envoy {@code CircuitBreakers.Thresholds}).
 *
 * @param retryBudget replaces {@code maxRetries} when set
 */
public record CircuitBreakers(
    int maxConnections,
    int maxPending,
    int maxRequests,
    int maxRetries,
    @Nullable RetryBudget retryBudget) {
  /** Envoy's numbers: 1024 of each, 3 retries. */
  public static final CircuitBreakers DEFAULT = new CircuitBreakers(1024, 1024, 1024, 3, null);

  /**
   * Retries as a share of what is in flight (Envoy {@code RetryBudget}).
   *
   * @param fraction 0.0 to 1.0
   */
  public record RetryBudget(double fraction, int minConcurrency) {}
}
