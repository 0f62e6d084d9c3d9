package io.selvage.engine.model;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * When and how often a request is sent again (Envoy {@code RetryPolicy}).
 *
 * @param on Envoy's tokens: {@code 5xx}, {@code gateway-error}, {@code connect-failure}, {@code unavailable}, …
 * @param numRetries retries, not attempts; at least 0
 * @param perTryTimeout null = the route's
 * @param previousHostsRejected hosts that were tried are avoided (Envoy {@code retry_host_predicate})
 */
public record RetryPolicy(
    Set<String> on,
    int numRetries,
    @Nullable Duration perTryTimeout,
    Set<Integer> retriableStatusCodes,
    List<HeaderMatch> retriableHeaders,
    Duration baseInterval,
    Duration maxInterval,
    boolean previousHostsRejected,
    int hostSelectionMaxAttempts) {
  public RetryPolicy {
    on = Set.copyOf(on);
    retriableStatusCodes = Set.copyOf(retriableStatusCodes);
    retriableHeaders = List.copyOf(retriableHeaders);
  }
}
