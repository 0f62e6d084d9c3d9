package io.selvage.engine.model;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * When and how often a request is sent again (Envoy {@code RetryPolicy}).
 *
 * @param on Envoy's tokens: {@code 5xx}, {@code gateway-error}, {@code connect-failure}, {@code
 *     unavailable}, …
 * @param numRetries retries, not attempts; at least 0
 * @param perTryTimeout null = the route's
 * @param previousHostsRejected hosts that were tried are avoided (Envoy {@code
 *     retry_host_predicate})
 * @param hostSelectionMaxAttempts how often another host is looked for before one that was tried is
 *     taken after all
 * @param defaulted nobody wrote this policy (it is the mesh's default): requests whose method is
 *     not idempotent are then repeated only when the upstream is known not to have processed them.
 *     The control client sets it from the route's filter metadata {@code selvage: {retryDefaulted:
 *     true}}; a policy without that mark counts as written, as Envoy treats it
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
    int hostSelectionMaxAttempts,
    boolean defaulted) {
  public RetryPolicy {
    on = Set.copyOf(on);
    retriableStatusCodes = Set.copyOf(retriableStatusCodes);
    retriableHeaders = List.copyOf(retriableHeaders);
  }

  /** A policy that somebody wrote. */
  public RetryPolicy(
      Set<String> on,
      int numRetries,
      @Nullable Duration perTryTimeout,
      Set<Integer> retriableStatusCodes,
      List<HeaderMatch> retriableHeaders,
      Duration baseInterval,
      Duration maxInterval,
      boolean previousHostsRejected,
      int hostSelectionMaxAttempts) {
    this(
        on,
        numRetries,
        perTryTimeout,
        retriableStatusCodes,
        retriableHeaders,
        baseInterval,
        maxInterval,
        previousHostsRejected,
        hostSelectionMaxAttempts,
        false);
  }
}
