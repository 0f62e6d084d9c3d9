package io.selvage.instrumentation.httpclient5async;

import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.Failed;
import io.selvage.extension.Failures;
import org.apache.hc.core5.http2.H2Error;
import org.apache.hc.core5.http2.H2StreamResetException;

/** What an exception of this library says of its attempt. Stateless. */
final class Reasons {
  /** By name: older versions have no such class. */
  private static final String NOT_EXECUTED = "org.apache.hc.core5.http.RequestNotExecutedException";

  private Reasons() {}

  static Failed of(Attempt attempt, Exception thrown) {
    if (isRefused(thrown)) {
      return new Failed(Failed.Kind.REFUSED, thrown);
    }
    Failed failed = Failures.of(attempt, thrown);
    return failed.kind() == Failed.Kind.LOCAL && attempt.isAborted()
        ? new Failed(Failed.Kind.CANCELLED, thrown)
        : failed;
  }

  private static boolean isRefused(Exception thrown) {
    return thrown instanceof H2StreamResetException reset
            && reset.getCode() == H2Error.REFUSED_STREAM.getCode()
        || thrown.getClass().getName().equals(NOT_EXECUTED);
  }
}
