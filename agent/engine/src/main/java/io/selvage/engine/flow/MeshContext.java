package io.selvage.engine.flow;

import org.jspecify.annotations.Nullable;

/**
 * What travels with a unit of work through threads and from a request that came in to the requests
 * that it causes. Immutable.
 *
 * @param trace null = no trace
 * @param deadlineNanos on {@link Clock#SYSTEM}; {@link Long#MAX_VALUE} = none
 * @param caller SPIFFE id of who called this workload; null = nobody, or not authenticated
 * @param requestId {@code x-request-id} of the inbound request; null = none
 */
public record MeshContext(
    @Nullable TraceContext trace,
    long deadlineNanos,
    @Nullable String caller,
    @Nullable String requestId) {
  public static final MeshContext NONE = new MeshContext(null, Long.MAX_VALUE, null, null);

  public MeshContext withTrace(@Nullable TraceContext value) {
    return new MeshContext(value, deadlineNanos, caller, requestId);
  }
}
