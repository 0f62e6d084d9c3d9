package io.selvage.engine.resilience;

import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.AttemptLayer;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.flow.RequestHead;
import io.selvage.engine.flow.Work;
import io.selvage.engine.model.WorkloadPolicy.Propagation;
import io.selvage.engine.snapshot.MeshFacts;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Tells an upstream of the mesh how much time is left and whether the request is a repetition; over
 * mutual TLS only, so that nobody else learns or forges it.
 */
public final class TellWorkLayer extends AttemptLayer {
  @Override
  protected @Nullable Outcome onAttempt(Exchange x, Attempt a) {
    RequestHead head = x.head();
    if (a.tls() == null || !a.tls().meshIdentity()) {
      withhold(head, WorkHeaders.TIMEOUT);
      withhold(head, WorkHeaders.RETRY);
      return PASS;
    }
    Propagation all = MeshFacts.of(x).snapshot.inbound().own().propagation();
    long left = a.remainingNanos();
    if (all.deadlines() && left != Long.MAX_VALUE) {
      long millis = Math.max(1, TimeUnit.NANOSECONDS.toMillis(left));
      head.setHeader(WorkHeaders.TIMEOUT, Long.toString(millis));
    } else {
      withhold(head, WorkHeaders.TIMEOUT);
    }
    Work work = x.facts().context.work();
    if (all.retries() && (a.number() > 0 || (work != null && work.isRetry()))) {
      head.setHeader(WorkHeaders.RETRY, "1");
    } else {
      withhold(head, WorkHeaders.RETRY);
    }
    return PASS;
  }

  private static void withhold(RequestHead head, String name) {
    if (head.header(name) != null) {
      head.removeHeader(name);
    }
  }
}
