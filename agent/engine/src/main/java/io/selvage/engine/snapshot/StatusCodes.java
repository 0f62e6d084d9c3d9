package io.selvage.engine.snapshot;

/**
 * HTTP status and gRPC status of each other; source: Envoy {@code Grpc::Utility}, which follows
 * gRPC's HTTP mapping.
 */
public final class StatusCodes {
  private StatusCodes() {}

  /** The gRPC status of an answer that is no gRPC answer. */
  public static int grpcOf(int httpStatus) {
    return switch (httpStatus) {
      case 400 -> 13;
      case 401 -> 16;
      case 403 -> 7;
      case 404 -> 12;
      case 429, 502, 503, 504 -> 14;
      default -> 2;
    };
  }

  /** The HTTP status that stands for a gRPC status where health is judged. */
  public static int httpOf(int grpcStatus) {
    return switch (grpcStatus) {
      case 0 -> 200;
      case 1 -> 499;
      case 3, 9, 11 -> 400;
      case 4 -> 504;
      case 5 -> 404;
      case 6, 10 -> 409;
      case 7 -> 403;
      case 8 -> 429;
      case 12 -> 501;
      case 14 -> 503;
      case 16 -> 401;
      default -> 500;
    };
  }
}
