package io.selvage.engine.resilience;

import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Layer;
import io.selvage.engine.model.DatabasePolicy;
import io.selvage.engine.snapshot.DatabaseFacts;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The longest time that the database's policy allows a statement, waiting for its place included.
 */
public final class StatementTimeoutLayer extends Layer {
  @Override
  protected @Nullable Action onRequest(Exchange x) {
    DatabasePolicy policy = DatabaseFacts.of(x).policy;
    Duration timeout = policy == null ? null : policy.statements().timeout();
    if (timeout != null) {
      x.deadlineNanos(x.startNanos() + timeout.toNanos());
    }
    return PASS;
  }
}
