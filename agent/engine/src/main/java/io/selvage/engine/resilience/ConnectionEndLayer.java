package io.selvage.engine.resilience;

import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.AttemptLayer;
import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;

/** Tells the pool seam that an attempt no longer uses its connection. */
public final class ConnectionEndLayer extends AttemptLayer {
  @Override
  protected void onEnd(Exchange x, Attempt a, End end) {
    a.letGo();
  }
}
