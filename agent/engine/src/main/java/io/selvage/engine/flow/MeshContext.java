package io.selvage.engine.flow;

import org.jspecify.annotations.Nullable;

/**
 * What travels with a unit of work through threads and from a request that came in to the requests
 * that it causes. Immutable, but for what is noted in {@link #work}.
 *
 * @param trace null = no trace
 * @param deadlineNanos on {@link Clock#SYSTEM}; {@link Long#MAX_VALUE} = none
 * @param caller SPIFFE id of who called this workload; null = nobody, or not authenticated
 * @param requestId {@code x-request-id} of the inbound request; null = none
 * @param lane name of the traffic lane; null = the base lane
 * @param work what is done for the inbound request; null = none caused this
 */
public record MeshContext(
    @Nullable TraceContext trace,
    long deadlineNanos,
    @Nullable String caller,
    @Nullable String requestId,
    @Nullable String lane,
    @Nullable Work work) {
  public static final MeshContext NONE = new MeshContext(null, Long.MAX_VALUE, null, null);

  /** In the base lane, and caused by no request. */
  public MeshContext(
      @Nullable TraceContext trace,
      long deadlineNanos,
      @Nullable String caller,
      @Nullable String requestId) {
    this(trace, deadlineNanos, caller, requestId, null, null);
  }

  public MeshContext withTrace(@Nullable TraceContext value) {
    return new MeshContext(value, deadlineNanos, caller, requestId, lane, work);
  }

  public MeshContext withDeadline(long nanos) {
    return new MeshContext(trace, nanos, caller, requestId, lane, work);
  }

  public MeshContext withRequestId(@Nullable String value) {
    return new MeshContext(trace, deadlineNanos, caller, value, lane, work);
  }

  public MeshContext withLane(@Nullable String value) {
    return new MeshContext(trace, deadlineNanos, caller, requestId, value, work);
  }

  public MeshContext withWork(@Nullable Work value) {
    return new MeshContext(trace, deadlineNanos, caller, requestId, lane, value);
  }
}
