package io.selvage.engine.resilience;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.AttemptLayer;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Failed;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.flow.Responded;
import io.selvage.engine.model.DatabasePolicy;
import io.selvage.engine.snapshot.DatabaseFacts;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Refuses statements to a server whose breaker is open. A statement that the database refuses
 * ({@code LOCAL}: syntax, constraint) says nothing of the server's health; a broken connection or a
 * time-out does.
 */
public final class StatementBreakerLayer extends AttemptLayer {
  private static final Rejection OPEN =
      Rejection.of(
          503, 14, "UO", "SELV-6020", "the database's breaker is open", "statement breaker");

  private final StatementBreakers breakers;

  public StatementBreakerLayer(StatementBreakers breakers) {
    this.breakers = breakers;
  }

  @Override
  protected @Nullable Outcome onAttempt(Exchange x, Attempt a) {
    DatabaseFacts facts = DatabaseFacts.of(x);
    DatabasePolicy policy = facts.policy;
    CircuitBreaker breaker = breakers.of(facts.server(), policy == null ? null : policy.breaker());
    if (!breaker.tryAcquirePermission()) {
      return OPEN;
    }
    a.lease(breaker);
    return PASS;
  }

  @Override
  protected void onOutcome(Exchange x, Attempt a, Outcome outcome) {
    if (!(a.lease() instanceof CircuitBreaker breaker)) {
      return;
    }
    a.lease(null);
    long took = x.now() - a.startedNanos();
    if (outcome instanceof Responded
        || (outcome instanceof Failed f && f.kind() == Failed.Kind.LOCAL)) {
      breaker.onSuccess(took, TimeUnit.NANOSECONDS);
    } else if (outcome instanceof Failed f && f.kind() != Failed.Kind.CANCELLED) {
      Throwable cause = f.cause() == null ? new java.io.IOException(f.kind().name()) : f.cause();
      breaker.onError(took, TimeUnit.NANOSECONDS, cause);
    } else {
      breaker.releasePermission();
    }
  }
}
