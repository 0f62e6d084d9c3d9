package io.selvage.engine.model;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Admission limits of a cluster for one priority (Envoy {@code CircuitBreakers.Thresholds}).
 *
 * @param retryBudget replaces {@code maxRetries} when set
 * @param maxConnectionsPerHost of {@code per_host_thresholds}; {@link Integer#MAX_VALUE} = no limit
 * @param high limits of {@link RoutingPriority#HIGH}; null on those themselves, and where nobody
 *     wrote them: Envoy's numbers hold then
 */
public record CircuitBreakers(
    int maxConnections,
    int maxPending,
    int maxRequests,
    int maxRetries,
    @Nullable RetryBudget retryBudget,
    int maxConnectionsPerHost,
    @Nullable CircuitBreakers high) {
  /** Envoy's numbers: 1024 of each, 3 retries. */
  public static final CircuitBreakers DEFAULT = new CircuitBreakers(1024, 1024, 1024, 3, null);

  /** Limits of the default priority; nothing by host. */
  public CircuitBreakers(
      int maxConnections,
      int maxPending,
      int maxRequests,
      int maxRetries,
      @Nullable RetryBudget retryBudget) {
    this(maxConnections, maxPending, maxRequests, maxRetries, retryBudget, Integer.MAX_VALUE, null);
  }

  /**
   * Retries as a share of what is in flight, or of what was begun lately (Envoy {@code
   * RetryBudget}).
   *
   * @param fraction 0.0 to 1.0
   * @param interval how long a request counts from its beginning; null = while it is under way
   */
  public record RetryBudget(double fraction, int minConcurrency, @Nullable Duration interval) {
    /** A share of what is in flight. */
    public RetryBudget(double fraction, int minConcurrency) {
      this(fraction, minConcurrency, null);
    }
  }

  /** The limits that a route of this priority counts against. */
  public CircuitBreakers of(RoutingPriority priority) {
    return priority == RoutingPriority.DEFAULT ? this : high == null ? DEFAULT : high;
  }
}
