package io.selvage.engine.resilience;

import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.AttemptLayer;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.snapshot.MeshFacts;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The cluster's time for making a connection; the attempt ends when it is made. */
public final class ConnectTimeoutLayer extends AttemptLayer {
  @Override
  protected @Nullable Outcome onAttempt(Exchange x, Attempt a) {
    MeshFacts facts = MeshFacts.of(x);
    Duration timeout = facts.cluster == null ? null : facts.cluster.connectTimeout();
    if (timeout != null && !facts.passthrough && !timeout.isZero()) {
      a.deadlineNanos(Math.min(a.deadlineNanos(), a.startedNanos() + timeout.toNanos()));
    }
    return PASS;
  }
}
