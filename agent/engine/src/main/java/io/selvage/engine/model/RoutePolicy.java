package io.selvage.engine.model;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a route says of its requests beside timeout and retries (Envoy {@code RouteAction}).
 *
 * @param hedge null = the request is never sent twice at the same time
 * @param maxStreamDuration null = the listener's
 * @param maxGrpcTimeout {@code max_grpc_timeout}: gRPC requests go by their {@code grpc-timeout} up
 *     to this; zero = however long it is; null = by the route's timeout
 * @param grpcTimeoutOffset taken off the {@code grpc-timeout}; null = nothing
 */
public record RoutePolicy(
    RoutingPriority priority,
    @Nullable HedgePolicy hedge,
    @Nullable StreamDuration maxStreamDuration,
    @Nullable Duration maxGrpcTimeout,
    @Nullable Duration grpcTimeoutOffset) {
  /** Nothing is said. */
  public static final RoutePolicy NONE =
      new RoutePolicy(RoutingPriority.DEFAULT, null, null, null, null);

  /**
   * When a request is sent a second time although the first may still be answered (Envoy {@code
   * HedgePolicy}).
   *
   * @param onPerTryTimeout the attempt that is overdue goes on beside its retry
   */
  public record HedgePolicy(boolean onPerTryTimeout) {}

  /**
   * How long the whole stream may last (Envoy {@code RouteAction.MaxStreamDuration}).
   *
   * @param most zero = no limit; null = the listener's
   * @param grpcTimeoutMost where set, a {@code grpc-timeout} is the limit instead, up to this; zero
   *     = however long it is
   * @param grpcTimeoutOffset taken off the {@code grpc-timeout}; null = nothing
   */
  public record StreamDuration(
      @Nullable Duration most,
      @Nullable Duration grpcTimeoutMost,
      @Nullable Duration grpcTimeoutOffset) {}
}
