package io.selvage.control.parse;

import io.envoyproxy.envoy.config.route.v3.RetryPolicy;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Set;

/** Retry policies. */
final class RetryParser {
  private static final String PREVIOUS_HOSTS = "envoy.retry_host_predicates.previous_hosts";

  private RetryParser() {}

  static io.selvage.engine.model.RetryPolicy parse(RetryPolicy policy, Field f) {
    Set<String> on = new LinkedHashSet<>();
    for (String token : policy.getRetryOn().split(",")) {
      if (!token.isBlank()) {
        on.add(token.strip());
      }
    }
    Set<Integer> codes = new HashSet<>(policy.getRetriableStatusCodesList());
    // Istio writes codes among the tokens too
    for (String token : Set.copyOf(on)) {
      if (token.matches("\\d{3}")) {
        codes.add(Integer.parseInt(token));
        on.remove(token);
        on.add("retriable-status-codes");
      }
    }
    boolean previous = false;
    for (int i = 0; i < policy.getRetryHostPredicateCount(); i++) {
      if (policy.getRetryHostPredicate(i).getName().equals(PREVIOUS_HOSTS)) {
        previous = true;
      } else {
        f.unsupported(true, "retry_host_predicate[" + i + "]");
      }
    }
    // Istio's remote localities: attempts spread over priorities; the balancer fails over by itself
    f.unsupported(policy.hasRateLimitedRetryBackOff(), "rate_limited_retry_back_off");
    f.unsupported(policy.hasPerTryIdleTimeout(), "per_try_idle_timeout");
    Duration base =
        policy.getRetryBackOff().hasBaseInterval()
            ? Values.duration(
                policy.getRetryBackOff().getBaseInterval(), f.at("retry_back_off.base_interval"))
            : Duration.ofMillis(25);
    Duration most =
        policy.getRetryBackOff().hasMaxInterval()
            ? Values.duration(
                policy.getRetryBackOff().getMaxInterval(), f.at("retry_back_off.max_interval"))
            : base.multipliedBy(10);
    return new io.selvage.engine.model.RetryPolicy(
        on,
        Values.number(policy.hasNumRetries(), policy.getNumRetries(), 1),
        policy.hasPerTryTimeout()
            ? positive(Values.duration(policy.getPerTryTimeout(), f.at("per_try_timeout")))
            : null,
        codes,
        Matchers.headers(policy.getRetriableHeadersList(), f, "retriable_headers"),
        base,
        most.compareTo(base) < 0 ? base : most,
        previous,
        (int) Math.min(1_000, Math.max(1, policy.getHostSelectionRetryMaxAttempts())));
  }

  /** Envoy: zero is the route's. */
  private static @org.jspecify.annotations.Nullable Duration positive(Duration d) {
    return d.isZero() ? null : d;
  }
}
