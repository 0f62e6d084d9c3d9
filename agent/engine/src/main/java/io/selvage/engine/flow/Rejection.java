package io.selvage.engine.flow;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * An answer that the mesh gives in the upstream's place; a value, never thrown.
 *
 * @param httpStatus for HTTP callers
 * @param grpcStatus for gRPC callers (canonical code)
 * @param flag Envoy's response flag for logs and metrics, such as {@code NR}, {@code UH}, {@code
 *     UO}, {@code FI}; {@code -} when none
 * @param code stable code of the reason, such as {@code SELV-6001}
 * @param body plain text for the caller; never names a policy
 * @param detail for the log only: which policy, limit or route decided
 * @param headers further response headers
 */
public record Rejection(
    int httpStatus,
    int grpcStatus,
    String flag,
    String code,
    String body,
    String detail,
    Map<String, String> headers)
    implements Outcome {
  public Rejection {
    headers = Map.copyOf(headers);
  }

  /** A refusal without further headers. */
  public static Rejection of(
      int httpStatus, int grpcStatus, String flag, String code, String body, String detail) {
    return new Rejection(httpStatus, grpcStatus, flag, code, body, detail, Map.of());
  }

  /** The same with these headers. */
  public Rejection with(Map<String, String> others) {
    return new Rejection(httpStatus, grpcStatus, flag, code, body, detail, others);
  }

  /** The same with these headers in addition, or in place of what it says of them. */
  public Rejection withMore(Map<String, String> more) {
    Map<String, String> all = new HashMap<>(headers);
    all.putAll(more);
    return with(all);
  }

  /** Names of headers that a rejection carries, in no order. */
  public List<String> headerNames() {
    return List.copyOf(headers.keySet());
  }
}
