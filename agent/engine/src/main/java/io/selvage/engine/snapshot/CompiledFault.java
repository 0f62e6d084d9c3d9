package io.selvage.engine.snapshot;

import io.selvage.engine.flow.Rejection;
import io.selvage.engine.flow.RequestHead;
import io.selvage.engine.match.Decimal;
import io.selvage.engine.match.HeaderTest;
import io.selvage.engine.model.Fault;
import org.jspecify.annotations.Nullable;

/** A {@link Fault} with its answer ready. Source: Envoy {@code FaultFilter}. */
public final class CompiledFault {
  private static final String DELAY = "x-envoy-fault-delay-request";
  private static final String ABORT = "x-envoy-fault-abort-request";
  private static final String ABORT_GRPC = "x-envoy-fault-abort-grpc-request";
  private static final String SHARE = "-percentage";

  private final Fault fault;
  private final HeaderTest[] headers;
  private final @Nullable Rejection rejection;

  /** Compiles; throws {@link IllegalArgumentException} with the reason. */
  public CompiledFault(Fault fault) {
    this.fault = fault;
    headers = HeaderTest.of(fault.headers());
    rejection =
        fault.abortFraction() <= 0
            ? null
            : rejection(fault.abortHttpStatus(), fault.abortGrpcStatus());
  }

  private static @Nullable Rejection rejection(int http, int grpc) {
    if (grpc >= 0) {
      return Rejection.of(
          http > 0 ? http : 200, grpc, "FI", "SELV-6004", "fault filter abort", "fault");
    }
    return http <= 0
        ? null
        : Rejection.of(
            http, StatusCodes.grpcOf(http), "FI", "SELV-6004", "fault filter abort", "fault");
  }

  /** Most faults under way at once. */
  public int maxActive() {
    return fault.control().maxActive();
  }

  /**
   * Whether the fault concerns a request at all.
   *
   * @param cluster that it goes to; null = none
   */
  public boolean concerns(RequestHead head, @Nullable String cluster) {
    Fault.Control control = fault.control();
    if (!control.upstreamCluster().isEmpty() && !control.upstreamCluster().equals(cluster)) {
      return false;
    }
    if (!control.downstreamNodes().isEmpty()) {
      String node = head.header("x-envoy-downstream-service-node");
      if (node == null || !control.downstreamNodes().contains(node)) {
        return false;
      }
    }
    return HeaderTest.all(headers, head);
  }

  /** How long a request that is delayed waits; 0 = not at all. */
  public long delayNanos(RequestHead head) {
    if (fault.control().delayOf() > 0) {
      return Math.max(0, number(head.header(DELAY))) * 1_000_000L;
    }
    return fault.delay() == null ? 0 : fault.delay().toNanos();
  }

  /** The share of requests like this one that are delayed. */
  public double delayFraction(RequestHead head) {
    return share(head, DELAY, fault.delayFraction(), fault.control().delayOf());
  }

  /** The share of requests like this one that are aborted. */
  public double abortFraction(RequestHead head) {
    return share(head, ABORT, fault.abortFraction(), fault.control().abortOf());
  }

  /** A request may ask for less than is configured, never for more. */
  private static double share(RequestHead head, String name, double most, int of) {
    int asked = of > 0 ? number(head.header(name + SHARE)) : -1;
    return asked < 0 ? most : Math.min(most, (double) asked / of);
  }

  /** How a request that is aborted is answered; null = not at all. */
  public @Nullable Rejection rejection(RequestHead head) {
    if (fault.control().abortOf() <= 0) {
      return rejection;
    }
    int http = number(head.header(ABORT));
    if (http >= 200 && http < 600) {
      return rejection(http, -1);
    }
    return rejection(0, number(head.header(ABORT_GRPC)));
  }

  private static int number(@Nullable String text) {
    return (int) Decimal.of(text, 9);
  }
}
