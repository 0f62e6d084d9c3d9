package io.selvage.extension;

import io.selvage.engine.flow.Failed;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.flow.Rejection;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** What an application gets when no upstream answered; one rule for all codecs. Stateless. */
public final class Refusals {
  /** As Envoy's router answers when the route's or the last attempt's time is over. */
  private static final Rejection TIMED_OUT =
      Rejection.of(
          504,
          4,
          "UT",
          "SELV-6004",
          "upstream request timeout",
          "the time for this request is over");

  private Refusals() {}

  /**
   * The answer that stands in for the upstream's: a rejection of the mesh, or 504 when time is
   * over. Null when the library's own failure is the application's, or when the upstream has
   * answered.
   */
  public static @Nullable Rejection answer(Outcome outcome) {
    if (outcome instanceof Rejection rejection) {
      return rejection;
    }
    if (outcome instanceof Failed failed
        && (failed.kind() == Failed.Kind.TIMEOUT || failed.kind() == Failed.Kind.PER_TRY_TIMEOUT)) {
      return TIMED_OUT;
    }
    return null;
  }

  /**
   * What the library threw, or an exception that names the kind of failure when it threw nothing.
   */
  public static Throwable failure(Failed failed) {
    Throwable cause = failed.cause();
    return cause != null ? cause : new IOException("the request has failed: " + failed.kind());
  }
}
