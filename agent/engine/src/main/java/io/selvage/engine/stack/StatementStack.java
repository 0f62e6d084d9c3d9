package io.selvage.engine.stack;

import io.selvage.engine.flow.AttemptsLayer;
import io.selvage.engine.flow.Stack;
import io.selvage.engine.observing.StatementLayer;
import io.selvage.engine.resilience.InheritedDeadlineLayer;
import io.selvage.engine.resilience.StatementBreakerLayer;

/** Everything that happens to a statement to a database; it is never repeated. */
final class StatementStack {
  private StatementStack() {}

  static Stack of(Parts p) {
    return Stack.builder()
        .layer(new StatementLayer(p.spans(), p.series(), p.random(), p.epochNanos())) // at the end
        .layer(new InheritedDeadlineLayer()) //                   caller's time  UT
        .attempts(AttemptsLayer.ONCE)
        .attempt(new StatementBreakerLayer(p.breakers())) //      per server     UO
        .build();
  }
}
