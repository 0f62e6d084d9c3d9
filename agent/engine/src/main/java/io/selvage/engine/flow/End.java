package io.selvage.engine.flow;

/**
 * How the last byte went.
 *
 * @param complete false when the stream was reset or the application dropped it
 * @param grpcStatus from the trailers; -1 when unknown or not gRPC
 * @param requestBytes of the body; -1 when unknown
 * @param responseBytes of the body; -1 when unknown
 */
public record End(boolean complete, int grpcStatus, long requestBytes, long responseBytes) {
  /** All bytes through, nothing counted. */
  public static final End COMPLETE = new End(true, -1, -1, -1);

  /** Reset or dropped. */
  public static final End ABORTED = new End(false, -1, -1, -1);

  /** All bytes through, with this gRPC status. */
  public static End grpc(int status) {
    return new End(true, status, -1, -1);
  }
}
