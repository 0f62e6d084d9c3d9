package io.selvage.controller.translate;

import io.envoyproxy.envoy.config.cluster.v3.CircuitBreakers;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.type.v3.Percent;
import io.selvage.controller.resource.view.TrafficPolicy;
import org.jspecify.annotations.Nullable;

/** {@code connectionPool} and {@code retryBudget} as Envoy's circuit breakers. */
final class CircuitBreaking {
  /** Istio's 'no limit'. */
  private static final long UNLIMITED = 4_294_967_295L;

  private static final double BUDGET_PERCENT = 20;
  private static final int BUDGET_MINIMUM = 3;

  private CircuitBreaking() {}

  static void apply(Cluster.Builder cluster, Policy policy) {
    TrafficPolicy.ConnectionPool pool = policy.connectionPool();
    TrafficPolicy.Http http = pool == null ? null : pool.http();
    CircuitBreakers.Thresholds.Builder limits =
        CircuitBreakers.Thresholds.newBuilder()
            .setMaxConnections(
                Protos.number(limit(pool == null ? null : pool.tcp().maxConnections())))
            .setMaxPendingRequests(
                Protos.number(limit(http == null ? null : http.http1MaxPendingRequests())))
            .setMaxRequests(Protos.number(limit(http == null ? null : http.http2MaxRequests())))
            .setTrackRemaining(true);
    TrafficPolicy.RetryBudget budget = policy.retryBudget();
    if (budget != null) {
      Double percent = budget.percent();
      Integer minimum = budget.minRetryConcurrency();
      CircuitBreakers.Thresholds.RetryBudget.Builder retries =
          CircuitBreakers.Thresholds.RetryBudget.newBuilder()
              .setBudgetPercent(
                  Percent.newBuilder().setValue(percent == null ? BUDGET_PERCENT : percent))
              .setMinRetryConcurrency(Protos.number(minimum == null ? BUDGET_MINIMUM : minimum));
      if (budget.budgetInterval() != null) {
        retries.setUnknownFields(NewerFields.budgetInterval(budget.budgetInterval()));
      }
      limits.setRetryBudget(retries);
    } else {
      limits.setMaxRetries(Protos.number(limit(http == null ? null : http.maxRetries())));
    }
    cluster.setCircuitBreakers(CircuitBreakers.newBuilder().addThresholds(limits));
  }

  // Istio takes 0 as 'not set' for these
  private static long limit(@Nullable Integer asked) {
    return asked == null || asked <= 0 ? UNLIMITED : asked;
  }

  static CircuitBreakers unlimited() {
    return CircuitBreakers.newBuilder()
        .addThresholds(
            CircuitBreakers.Thresholds.newBuilder()
                .setMaxConnections(Protos.number(UNLIMITED))
                .setMaxPendingRequests(Protos.number(UNLIMITED))
                .setMaxRequests(Protos.number(UNLIMITED))
                .setMaxRetries(Protos.number(UNLIMITED)))
        .build();
  }
}
