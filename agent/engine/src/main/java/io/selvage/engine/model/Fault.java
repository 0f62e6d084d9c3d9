package io.selvage.engine.model;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Injected trouble (Envoy {@code HTTPFault}).
 *
 * @param delay null = none
 * @param abortHttpStatus 0 = none
 * @param abortGrpcStatus -1 = none
 * @param headers only requests that match all of them
 */
public record Fault(
    @Nullable Duration delay,
    double delayFraction,
    int abortHttpStatus,
    int abortGrpcStatus,
    double abortFraction,
    List<HeaderMatch> headers,
    Control control) {
  /** No trouble; in place of that of others. */
  public static final Fault NOTHING = new Fault(null, 0, 0, -1, 0, List.of());

  /**
   * What requests themselves may ask for, and which of them are concerned beside {@code headers}.
   *
   * @param delayOf denominator of the delay's percentage; 0 = the delay is fixed, else requests ask
   *     for it by {@code x-envoy-fault-delay-request}
   * @param abortOf denominator of the abort's percentage; 0 = the abort is fixed, else requests ask
   *     for it by {@code x-envoy-fault-abort-request} or {@code -abort-grpc-request}
   * @param maxActive faults under way at once
   * @param downstreamNodes values of {@code x-envoy-downstream-service-node}; empty = all
   * @param upstreamCluster empty = all
   */
  public record Control(
      int delayOf,
      int abortOf,
      int maxActive,
      Set<String> downstreamNodes,
      String upstreamCluster) {
    /** All requests, as they are. */
    public static final Control NONE = new Control(0, 0, Integer.MAX_VALUE, Set.of(), "");

    public Control {
      downstreamNodes = Set.copyOf(downstreamNodes);
    }
  }

  /** A fault of all requests with these headers. */
  public Fault(
      @Nullable Duration delay,
      double delayFraction,
      int abortHttpStatus,
      int abortGrpcStatus,
      double abortFraction,
      List<HeaderMatch> headers) {
    this(
        delay,
        delayFraction,
        abortHttpStatus,
        abortGrpcStatus,
        abortFraction,
        headers,
        Control.NONE);
  }

  public Fault {
    headers = List.copyOf(headers);
  }
}
