package io.selvage.engine.stack;

import io.selvage.engine.flow.AttemptsLayer;
import io.selvage.engine.flow.Stack;
import io.selvage.engine.observing.AuditLayer;
import io.selvage.engine.observing.StatementLayer;
import io.selvage.engine.resilience.CallerLimitLayer;
import io.selvage.engine.resilience.InheritedDeadlineLayer;
import io.selvage.engine.resilience.StatementBreakerLayer;
import io.selvage.engine.resilience.StatementBulkheadLayer;
import io.selvage.engine.resilience.StatementPlaces;
import io.selvage.engine.resilience.StatementTimeoutLayer;
import io.selvage.engine.resilience.WorkLayer;
import io.selvage.engine.security.WriteProhibitionLayer;

/** Everything that happens to a statement to a database; it is never repeated. */
final class StatementStack {
  private StatementStack() {}

  static Stack of(Parts p) {
    StatementPlaces places = new StatementPlaces();
    return Stack.builder()
        .layer(new StatementLayer(p.spans(), p.series(), p.random(), p.epochNanos())) // at the end
        .layer(new AuditLayer(p.audit(), p.epochNanos())) //      at the end
        .layer(new InheritedDeadlineLayer()) //                   caller's time   UT
        .layer(new StatementTimeoutLayer()) //                    DatabasePolicy  UT
        .layer(new WriteProhibitionLayer()) //                    DatabasePolicy  UAEX
        .layer(new CallerLimitLayer(places)) //                   DatabasePolicy  RL
        .layer(new StatementBulkheadLayer(places)) //             DatabasePolicy  UO
        .attempts(AttemptsLayer.ONCE)
        .attempt(new WorkLayer()) //                              still wanted?  DC
        .attempt(new StatementBreakerLayer(p.breakers())) //      per server      UO
        .build();
  }
}
