package io.selvage.engine.resilience;

import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.AttemptLayer;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.snapshot.CompiledRoute;
import io.selvage.engine.snapshot.MeshFacts;
import io.selvage.engine.snapshot.RetryRules;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * An attempt's own time and the headers that tell the upstream of it: {@code
 * x-envoy-attempt-count}, {@code x-envoy-expected-rq-timeout-ms}, by which the deadline travels on.
 */
public final class PerTryLayer extends AttemptLayer {
  /** Remaining time of the request, for the upstream. */
  public static final String EXPECTED_TIMEOUT = "x-envoy-expected-rq-timeout-ms";

  @Override
  protected @Nullable Outcome onAttempt(Exchange x, Attempt a) {
    MeshFacts facts = MeshFacts.of(x);
    if (facts.passthrough) {
      return PASS;
    }
    CompiledRoute route = facts.compiledRoute;
    RetryRules retry = route == null ? null : route.retry();
    Duration perTry = retry == null ? null : retry.policy().perTryTimeout();
    if (perTry != null && !perTry.isZero()) {
      a.deadlineNanos(Math.min(a.deadlineNanos(), a.startedNanos() + perTry.toNanos()));
    }
    if (a.deadlineNanos() != Long.MAX_VALUE) {
      long left = TimeUnit.NANOSECONDS.toMillis(a.deadlineNanos() - a.startedNanos());
      x.head().setHeader(EXPECTED_TIMEOUT, Long.toString(Math.max(1, left)));
    }
    x.head().setHeader("x-envoy-attempt-count", count(a.number() + 1));
    return PASS;
  }

  private static String count(int n) {
    return n == 1 ? "1" : Integer.toString(n);
  }
}
