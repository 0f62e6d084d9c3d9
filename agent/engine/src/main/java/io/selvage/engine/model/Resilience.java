package io.selvage.engine.model;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a {@code selvage.io/v1} ResiliencePolicy says of one destination; limits are per calling
 * JVM.
 *
 * @param policy {@code namespace/name} of the resource, for messages
 * @param breaker null = none
 * @param bulkhead null = none
 * @param concurrency null = none
 * @param balancer in place of the cluster's; null = the cluster's
 * @param hedging null = as the route says
 */
public record Resilience(
    String policy,
    @Nullable Breaker breaker,
    @Nullable Bulkhead bulkhead,
    @Nullable AdaptiveConcurrency concurrency,
    Cluster.@Nullable Balancer balancer,
    @Nullable Hedging hedging) {
  /** Without balancer and hedging. */
  public Resilience(
      String policy,
      @Nullable Breaker breaker,
      @Nullable Bulkhead bulkhead,
      @Nullable AdaptiveConcurrency concurrency) {
    this(policy, breaker, bulkhead, concurrency, null, null);
  }

  /** Breaker and bulkhead alone. */
  public Resilience(String policy, @Nullable Breaker breaker, @Nullable Bulkhead bulkhead) {
    this(policy, breaker, bulkhead, null);
  }

  /**
   * Error-rate and slow-call breaker with half-open probes; the words and the state machine are
   * Resilience4j's.
   *
   * @param timeBased whether {@code window} counts seconds rather than calls
   * @param minimumCalls how many calls there must be before anything is decided
   * @param failureFraction 0.0 to 1.0 of the window; 1.0 and {@code slowFraction} 1.0 open only
   *     when all fail
   * @param slowFraction 0.0 to 1.0 of the window
   * @param slow from when on a call is slow, until response headers
   * @param open how long an open breaker refuses
   * @param probes how many calls a half-open breaker lets through
   * @param counts what is a failure
   * @param perEndpoint whether each endpoint has a breaker of its own: open ones are not chosen
   * @param operations each has a breaker of its own, first match wins; what matches none shares one
   */
  public record Breaker(
      boolean timeBased,
      int window,
      int minimumCalls,
      double failureFraction,
      double slowFraction,
      Duration slow,
      Duration open,
      int probes,
      Counts counts,
      boolean perEndpoint,
      List<Operation> operations) {
    public Breaker {
      operations = List.copyOf(operations);
    }
  }

  /**
   * Which outcomes are failures; all others are successes.
   *
   * @param classes first digits of HTTP status codes
   * @param statuses further HTTP status codes
   * @param grpc canonical gRPC codes; empty = those that stand for an HTTP status of {@code
   *     classes} or {@code statuses}
   * @param transport broken or refused connections and timeouts
   */
  public record Counts(
      Set<Integer> classes, Set<Integer> statuses, Set<Integer> grpc, boolean transport) {
    /** Server errors and failures of the transport. */
    public static final Counts DEFAULT = new Counts(Set.of(5), Set.of(), Set.of(), true);

    public Counts {
      classes = Set.copyOf(classes);
      statuses = Set.copyOf(statuses);
      grpc = Set.copyOf(grpc);
    }

    /** Whether an HTTP status is a failure. */
    public boolean isFailure(int status) {
      return classes.contains(status / 100) || statuses.contains(status);
    }
  }

  /**
   * Requests that are judged apart from others.
   *
   * @param methods empty = any
   * @param pathPrefix of the path without query; empty = any
   */
  public record Operation(String name, Set<String> methods, String pathPrefix) {
    public Operation {
      methods = Set.copyOf(methods);
    }
  }

  /**
   * Sends a request once more when there is no answer yet, and takes the answer that is first.
   *
   * @param delay from when on an attempt is overdue
   * @param attempts at most, the first included
   * @param methods whose requests may be sent twice
   */
  public record Hedging(Duration delay, int attempts, Set<String> methods) {
    public Hedging {
      methods = Set.copyOf(methods);
    }
  }

  /**
   * Bounds what may be under way at once; retries of a call are part of it.
   *
   * @param calls concurrent calls of this JVM to the destination
   * @param waiting how many calls may wait for a place
   * @param maxWait how long they wait; zero = not at all
   * @param connections raw connections of this JVM to the destination; {@link Integer#MAX_VALUE} =
   *     as the cluster says
   */
  public record Bulkhead(int calls, int waiting, Duration maxWait, int connections) {}
}
