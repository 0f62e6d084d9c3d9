package io.selvage.instrumentation.grpc.client;

import io.grpc.CallOptions;
import io.grpc.Deadline;
import io.grpc.MethodDescriptor;
import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.Exchange;
import io.selvage.extension.MeshRuntime;
import java.net.UnknownHostException;
import java.util.concurrent.TimeUnit;

/** What an attempt makes of the application's call: where to, which method, until when. */
final class AttemptOptions {
  private AttemptOptions() {}

  static CallHead head(Attempt attempt) {
    return (CallHead) attempt.exchange().head();
  }

  static <Q, R> MethodDescriptor<Q, R> method(MethodDescriptor<Q, R> asked, Attempt attempt) {
    String path = head(attempt).pathOnly();
    return head(attempt).lineChanged() && path.length() > 1
        ? asked.toBuilder().setFullMethodName(path.substring(1)).build()
        : asked;
  }

  /**
   * The shorter of the application's deadline and the attempt's time, which the library tells the
   * server as {@code grpc-timeout}.
   *
   * @throws UnknownHostException when the endpoint's address is a name that cannot be resolved
   */
  static CallOptions of(CallOptions asked, MeshRuntime mesh, Attempt attempt, String host)
      throws UnknownHostException {
    CallOptions to = Destination.into(asked, mesh, attempt, host);
    if (head(attempt).lineChanged()) {
      to = to.withAuthority(head(attempt).authority());
    }
    long left = remaining(attempt);
    if (left == Long.MAX_VALUE) {
      return to;
    }
    Deadline bound = Deadline.after(left, TimeUnit.NANOSECONDS);
    Deadline own = asked.getDeadline();
    return to.withDeadline(own == null ? bound : own.minimum(bound));
  }

  /** A hedged attempt goes on beside its retry when its own time is over. */
  private static long remaining(Attempt attempt) {
    Exchange x = attempt.exchange();
    if (!x.facts().hedges) {
      return attempt.remainingNanos();
    }
    long until = x.deadlineNanos();
    return until == Long.MAX_VALUE ? until : Math.max(1, until - x.now());
  }
}
