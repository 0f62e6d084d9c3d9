package io.selvage.engine.resilience;

import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.AttemptLayer;
import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.flow.Work;
import org.jspecify.annotations.Nullable;

/**
 * Ties an attempt to the request that it is made for: when that one's caller has gone, the attempt
 * is aborted, and no other begins.
 */
public final class WorkLayer extends AttemptLayer {
  private static final Rejection GONE =
      Rejection.of(
          503,
          1,
          "DC",
          "SELV-6051",
          "the request that this one is made for was given up by its caller",
          "SELV-6051 the caller has gone");

  @Override
  protected @Nullable Outcome onAttempt(Exchange x, Attempt a) {
    Work work = x.facts().context.work();
    return work == null || x.facts().explaining || work.begin(a) ? PASS : GONE;
  }

  @Override
  protected void onOutcome(Exchange x, Attempt a, Outcome outcome) {
    Work work = x.facts().context.work();
    if (work != null && work.isGone()) {
      x.facts().extraFlag = "DC";
    }
  }

  @Override
  protected void onEnd(Exchange x, Attempt a, End end) {
    Work work = x.facts().context.work();
    if (work != null) {
      work.end(a);
    }
  }
}
