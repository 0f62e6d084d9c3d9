package io.selvage.engine.resilience;

import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Layer;
import org.jspecify.annotations.Nullable;

/**
 * Bounds a request by what is left of the time of the request that caused it; waits and delays
 * included.
 */
public final class InheritedDeadlineLayer extends Layer {
  @Override
  protected @Nullable Action onRequest(Exchange x) {
    x.deadlineNanos(x.facts().context.deadlineNanos());
    return PASS;
  }
}
