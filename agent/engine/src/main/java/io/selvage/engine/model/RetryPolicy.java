package io.selvage.engine.model;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * When and how often a request is sent again (Envoy {@code RetryPolicy}).
 *
 * @param on Envoy's tokens: {@code 5xx}, {@code gateway-error}, {@code connect-failure}, {@code
 *     unavailable}, …
 * @param numRetries retries, not attempts; at least 0
 * @param perTryTimeout null = the route's
 * @param retriableHeaders of answers
 * @param previousHostsRejected hosts that were tried are avoided (Envoy {@code
 *     retry_host_predicate})
 * @param hostSelectionMaxAttempts how often another host is looked for before one that is to be
 *     avoided is taken after all
 * @param defaulted nobody wrote this policy (it is the mesh's default): requests whose method is
 *     not idempotent are then repeated only when the upstream is known not to have processed them.
 *     The control client sets it from the route's filter metadata {@code selvage: {retryDefaulted:
 *     true}}; a policy without that mark counts as written, as Envoy treats it
 * @param perTryIdleTimeout how long an attempt may be silent; null = for ever
 * @param retriableRequestHeaders where there are any, only requests that match one are repeated
 * @param rateLimited back-off that the answer asks for; null = none
 * @param avoidance which other hosts and priorities a retry avoids
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
    boolean defaulted,
    @Nullable Duration perTryIdleTimeout,
    List<HeaderMatch> retriableRequestHeaders,
    @Nullable RateLimitedBackOff rateLimited,
    Avoidance avoidance) {
  private static final Duration BASE = Duration.ofMillis(25);

  /** Envoy's for a route that says nothing: one retry, on what the request itself asks for. */
  public static final RetryPolicy SILENT =
      new RetryPolicy(
          Set.of(), 1, null, Set.of(), List.of(), BASE, BASE.multipliedBy(10), false, 1);

  /**
   * Back-off by a header of the answer (Envoy {@code RateLimitedRetryBackOff}).
   *
   * @param headers asked in order
   * @param maxInterval what is longer is not believed
   */
  public record RateLimitedBackOff(List<ResetHeader> headers, Duration maxInterval) {
    public RateLimitedBackOff {
      headers = List.copyOf(headers);
    }
  }

  /**
   * A header that says when to come back.
   *
   * @param name lower case
   * @param timestamp its number is seconds since 1970, else seconds from now
   */
  public record ResetHeader(String name, boolean timestamp) {}

  /**
   * What else a retry avoids.
   *
   * @param canaries hosts with {@code envoy.lb: {canary: true}}
   * @param metadata hosts whose {@code envoy.lb} metadata holds all of these; empty = none
   * @param prioritiesAfter attempts after which the priorities that were tried are left out; 0 =
   *     never
   */
  public record Avoidance(boolean canaries, Map<String, String> metadata, int prioritiesAfter) {
    public static final Avoidance NONE = new Avoidance(false, Map.of(), 0);

    public Avoidance {
      metadata = Map.copyOf(metadata);
    }
  }

  public RetryPolicy {
    on = Set.copyOf(on);
    retriableStatusCodes = Set.copyOf(retriableStatusCodes);
    retriableHeaders = List.copyOf(retriableHeaders);
    retriableRequestHeaders = List.copyOf(retriableRequestHeaders);
  }

  /** A policy with nothing beyond the usual. */
  public RetryPolicy(
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
        defaulted,
        null,
        List.of(),
        null,
        Avoidance.NONE);
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

  /** The same policy, but one that nobody wrote. */
  public RetryPolicy asDefault() {
    return new RetryPolicy(
        on,
        numRetries,
        perTryTimeout,
        retriableStatusCodes,
        retriableHeaders,
        baseInterval,
        maxInterval,
        previousHostsRejected,
        hostSelectionMaxAttempts,
        true,
        perTryIdleTimeout,
        retriableRequestHeaders,
        rateLimited,
        avoidance);
  }
}
