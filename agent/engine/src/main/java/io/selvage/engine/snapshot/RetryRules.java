package io.selvage.engine.snapshot;

import io.selvage.engine.flow.Failed;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.flow.Protocol;
import io.selvage.engine.flow.Randomness;
import io.selvage.engine.flow.Responded;
import io.selvage.engine.flow.ResponseHead;
import io.selvage.engine.match.HeaderTest;
import io.selvage.engine.model.RetryPolicy;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/** A {@link RetryPolicy} with its conditions as bits. Source: Envoy {@code RetryStateImpl}. */
public final class RetryRules {
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
  private static final int GRPC = 1 << 16;

  private static final Map<String, Integer> TOKENS =
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
          Map.entry("http3-post-connect-failure", 0),
          Map.entry("cancelled", GRPC << 1),
          Map.entry("deadline-exceeded", GRPC << 4),
          Map.entry("resource-exhausted", GRPC << 8),
          Map.entry("internal", GRPC << 13),
          Map.entry("unavailable", GRPC << 14));

  private final RetryPolicy policy;
  private final int on;
  private final Set<Integer> statusCodes;
  private final HeaderTest[] headers;
  private final long baseMillis;
  private final long maxMillis;

  /**
   * Compiles; throws {@link IllegalArgumentException} with the reason.
   *
   * @param unknown told each token that is none of Envoy's
   */
  public RetryRules(RetryPolicy policy, Consumer<String> unknown) {
    this.policy = policy;
    int bits = 0;
    for (String token : policy.on()) {
      Integer bit = TOKENS.get(token);
      if (bit == null) {
        unknown.accept(token);
      } else {
        bits |= bit;
      }
    }
    on = bits;
    statusCodes = policy.retriableStatusCodes();
    headers = HeaderTest.of(policy.retriableHeaders());
    baseMillis = Math.max(1, policy.baseInterval().toMillis());
    maxMillis = Math.max(baseMillis, policy.maxInterval().toMillis());
  }

  public RetryPolicy policy() {
    return policy;
  }

  /** Whether an outcome is one that the policy repeats. */
  public boolean covers(Outcome outcome, Protocol protocol, boolean requestSent) {
    if (outcome instanceof Responded responded) {
      return coversAnswer(responded.head(), protocol);
    }
    return outcome instanceof Failed failed && coversFailure(failed.kind(), requestSent);
  }

  private boolean coversFailure(Failed.Kind kind, boolean requestSent) {
    return switch (kind) {
      case CONNECT -> has(CONNECT_FAILURE | ON_5XX | GATEWAY_ERROR | RESET | RESET_BEFORE_REQUEST);
      case REFUSED -> has(REFUSED_STREAM | ON_5XX | GATEWAY_ERROR | RESET);
      case RESET, PER_TRY_TIMEOUT ->
          has(ON_5XX | GATEWAY_ERROR | RESET) || (!requestSent && has(RESET_BEFORE_REQUEST));
      case PEER_IDENTITY, TIMEOUT, CANCELLED, LOCAL -> false;
    };
  }

  private boolean coversAnswer(ResponseHead head, Protocol protocol) {
    if (head.header("x-envoy-ratelimited") != null) {
      return has(RATE_LIMITED);
    }
    int status = head.status();
    if ((has(ON_5XX) && status >= 500 && status <= 599)
        || (has(GATEWAY_ERROR) && status >= 502 && status <= 504)
        || (has(RETRIABLE_4XX) && status == 409)
        || (has(STATUS_CODES) && statusCodes.contains(status))
        || (has(HEADERS) && HeaderTest.any(headers, head))) {
      return true;
    }
    int grpc = protocol == Protocol.GRPC ? head.grpcStatus() : -1;
    return grpc > 0 && grpc < 16 && has(GRPC << grpc);
  }

  private boolean has(int bits) {
    return (on & bits) != 0;
  }

  /**
   * Full jitter over an exponentially growing interval.
   *
   * @param retry 1 for the first retry
   */
  public long backoffNanos(int retry, Randomness random) {
    long interval = baseMillis << Math.min(retry - 1, 20);
    long bounded = Math.min(interval, maxMillis);
    return random.below(bounded * 1_000_000L);
  }
}
