package io.selvage.engine.snapshot;

import io.selvage.engine.flow.Failed;
import io.selvage.engine.flow.ResponseHead;
import io.selvage.engine.match.Decimal;
import io.selvage.engine.match.HeaderTest;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Which answers and failures are repeated: Envoy's tokens as bits, with codes and headers. Source:
 * Envoy {@code RetryStateImpl}.
 */
record RetryConditions(int on, Set<Integer> statusCodes, HeaderTest[] headers) {
  /** No answer and no failure is repeated. */
  static final RetryConditions NONE = new RetryConditions(0, Set.of(), new HeaderTest[0]);

  private static final int ON_5XX = 1;
  private static final int GATEWAY_ERROR = 1 << 1;
  private static final int RESET = 1 << 2;
  private static final int CONNECT_FAILURE = 1 << 3;
  private static final int RATE_LIMITED = 1 << 4;
  private static final int RETRIABLE_4XX = 1 << 5;
  private static final int REFUSED_STREAM = 1 << 6;
  private static final int STATUS_CODES = 1 << 7;
  private static final int HEADERS = 1 << 8;
  private static final int RESET_BEFORE_REQUEST = 1 << 9;
  private static final int HTTP3 = 1 << 10;
  private static final int GRPC = 1 << 16;
  private static final int ANY_GRPC = ~(GRPC - 1);

  /** Tokens of {@code x-envoy-retry-on}. */
  static final Map<String, Integer> HTTP_TOKENS =
      Map.ofEntries(
          Map.entry("5xx", ON_5XX),
          Map.entry("gateway-error", GATEWAY_ERROR),
          Map.entry("reset", RESET),
          Map.entry("reset-before-request", RESET_BEFORE_REQUEST),
          Map.entry("connect-failure", CONNECT_FAILURE),
          Map.entry("envoy-ratelimited", RATE_LIMITED),
          Map.entry("retriable-4xx", RETRIABLE_4XX),
          Map.entry("refused-stream", REFUSED_STREAM),
          Map.entry("retriable-status-codes", STATUS_CODES),
          Map.entry("retriable-headers", HEADERS),
          // no client speaks HTTP/3 here, so there is nothing that could fail after its connect
          Map.entry("http3-post-connect-failure", HTTP3));

  /** Tokens of {@code x-envoy-retry-grpc-on}. */
  static final Map<String, Integer> GRPC_TOKENS =
      Map.of(
          "cancelled", GRPC << 1,
          "deadline-exceeded", GRPC << 4,
          "resource-exhausted", GRPC << 8,
          "internal", GRPC << 13,
          "unavailable", GRPC << 14);

  /** Bits of a policy's tokens, which may be of both kinds. */
  static int bits(Iterable<String> tokens, Consumer<String> unknown) {
    int bits = 0;
    for (String token : tokens) {
      Integer bit = HTTP_TOKENS.getOrDefault(token, GRPC_TOKENS.get(token));
      if (bit == null) {
        unknown.accept(token);
      } else {
        bits |= bit;
      }
    }
    return bits;
  }

  boolean covers(Failed.Kind kind, boolean requestSent) {
    return switch (kind) {
      case CONNECT -> has(CONNECT_FAILURE) || coversReset(requestSent);
      case REFUSED -> has(REFUSED_STREAM) || coversReset(requestSent);
      case RESET, PER_TRY_TIMEOUT -> coversReset(requestSent);
      case PEER_IDENTITY, TIMEOUT, CANCELLED, LOCAL -> false;
    };
  }

  private boolean coversReset(boolean requestSent) {
    return has(ON_5XX | GATEWAY_ERROR | RESET) || (!requestSent && has(RESET_BEFORE_REQUEST));
  }

  boolean covers(ResponseHead head) {
    if (head.header("x-envoy-ratelimited") != null) {
      return has(RATE_LIMITED);
    }
    int status = head.status();
    return (has(ON_5XX) && status >= 500 && status <= 599)
        || (has(GATEWAY_ERROR) && status >= 502 && status <= 504)
        || (has(RETRIABLE_4XX) && status == 409)
        || (has(STATUS_CODES) && statusCodes.contains(status))
        || (has(HEADERS) && HeaderTest.any(headers, head))
        || (has(ANY_GRPC) && coversGrpc(grpcStatus(head)));
  }

  private boolean coversGrpc(int grpc) {
    return grpc > 0 && grpc < 16 && has(GRPC << grpc);
  }

  /** As Envoy, also of answers to requests that are not gRPC's. */
  private static int grpcStatus(ResponseHead head) {
    int known = head.grpcStatus();
    return known >= 0 ? known : (int) Decimal.of(head.header("grpc-status"), 2);
  }

  private boolean has(int bits) {
    return (on & bits) != 0;
  }
}
