package io.selvage.controller.registry;

/**
 * A port that a workload offers.
 *
 * @param number what callers dial
 * @param target what the workload listens on
 * @param protocol {@code http}, {@code http2}, {@code grpc} or {@code tcp}
 * @param app where the application listens behind a proxy that binds {@code target} itself; equal
 *     to {@code target} otherwise
 */
public record ServicePort(int number, int target, String protocol, int app) {
  /** A port without a proxy in front. */
  public ServicePort(int number, int target, String protocol) {
    this(number, target, protocol, target);
  }
}
