package io.selvage.engine.flow;

/** Refusals that the flow itself makes. */
final class Rejections {
  /** Nothing was heard of the stream for too long. */
  static final Rejection IDLE =
      Rejection.of(504, 14, "SI", "SELV-6012", "stream timeout", "the stream was idle");

  /** The stream has lasted too long. */
  static final Rejection TOO_LONG =
      Rejection.of(
          504, 4, "-", "SELV-6013", "downstream duration timeout", "the stream lasted too long");

  private Rejections() {}

  /** A layer that must not be skipped has thrown: the request is refused. */
  static Rejection layerFailed(String layer) {
    return Rejection.of(
        403,
        7,
        "-",
        "SELV-5900",
        "RBAC: access denied",
        "layer " + layer + " failed and fails closed");
  }
}
