package io.selvage.engine.routing;

import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.AttemptLayer;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Outcome;
import org.jspecify.annotations.Nullable;

/** Tells an upstream of the mesh the lane; over mutual TLS only. */
public final class TellLaneLayer extends AttemptLayer {
  @Override
  protected @Nullable Outcome onAttempt(Exchange x, Attempt a) {
    String lane = x.facts().context.lane();
    if (lane != null && a.tls() != null && a.tls().meshIdentity()) {
      x.head().setHeader(Lanes.HEADER, lane);
    } else if (x.head().header(Lanes.HEADER) != null) {
      x.head().removeHeader(Lanes.HEADER);
    }
    return PASS;
  }
}
