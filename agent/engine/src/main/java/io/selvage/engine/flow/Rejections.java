package io.selvage.engine.flow;

/** Refusals that the flow itself makes. */
final class Rejections {
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
