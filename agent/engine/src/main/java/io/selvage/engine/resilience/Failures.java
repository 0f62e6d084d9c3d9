package io.selvage.engine.resilience;

import io.selvage.engine.flow.Failed;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.snapshot.MeshFacts;

/** Failures as Envoy's router answers them. */
final class Failures {
  private static final String DISCONNECT =
      "upstream connect error or disconnect/reset before headers. ";

  private Failures() {}

  /**
   * The answer; what the application itself has done stays as it is.
   *
   * @param retried whether it was not the first attempt
   */
  static Outcome answer(Failed failed, boolean retried, MeshFacts facts) {
    return switch (failed.kind()) {
      case CONNECT -> unavailable(failed, retried, "UF", "remote connection failure");
      case PEER_IDENTITY ->
          unavailable(
              failed,
              retried,
              "UF",
              "remote connection failure, transport failure reason: TLS_error: peer identity");
      case RESET -> unavailable(failed, retried, "UC", "connection termination");
      case REFUSED -> unavailable(failed, retried, "UR", "remote refused stream reset");
      case TIMEOUT, PER_TRY_TIMEOUT -> late(failed, facts);
      case CANCELLED, LOCAL -> failed;
    };
  }

  private static Rejection late(Failed failed, MeshFacts facts) {
    if (facts.overlong && failed.kind() == Failed.Kind.PER_TRY_TIMEOUT) {
      String body = "upstream max stream duration reached";
      return Rejection.of(504, 4, "UMSDR", "SELV-6014", body, text(failed));
    }
    int status = facts.timeoutIsNoContent ? 204 : 504;
    String body = facts.timeoutIsNoContent ? "" : "upstream request timeout";
    return Rejection.of(status, 4, "UT", "SELV-6006", body, text(failed));
  }

  private static Rejection unavailable(Failed failed, boolean retried, String flag, String reason) {
    String lead = retried ? "retried and the latest reset reason: " : "reset reason: ";
    return Rejection.of(503, 14, flag, "SELV-6007", DISCONNECT + lead + reason, text(failed));
  }

  private static String text(Failed failed) {
    return failed.cause() == null ? failed.kind().name() : failed.kind() + ": " + failed.cause();
  }
}
