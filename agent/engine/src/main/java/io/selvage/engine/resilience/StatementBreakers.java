package io.selvage.engine.resilience;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.selvage.engine.flow.Clock;
import io.selvage.engine.model.DatabasePolicy;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A breaker for each database server: opens when too many of the last statements failed or were
 * slow, lets a few through after a while, and closes again when those do well. Any thread.
 */
public final class StatementBreakers {
  /**
   * When a breaker opens and closes.
   *
   * @param failureFraction 0.0 to 1.0 of the statements in the window
   * @param slowFraction 0.0 to 1.0 of the statements in the window
   * @param slow from when on a statement is slow
   * @param window how many statements are looked at
   * @param minimum how many there must be before anything is decided
   * @param open how long an open breaker refuses
   * @param trials how many statements a half-open breaker lets through
   */
  public record Policy(
      double failureFraction,
      double slowFraction,
      Duration slow,
      int window,
      int minimum,
      Duration open,
      int trials) {
    /** Half of at least 20 statements fail, or all of them take longer than 10 s. */
    public static final Policy DEFAULT =
        new Policy(0.5, 1.0, Duration.ofSeconds(10), 100, 20, Duration.ofSeconds(5), 5);

    static Policy of(DatabasePolicy.Breaker asked) {
      return new Policy(
          asked.failureFraction(),
          asked.slowFraction(),
          asked.slow(),
          asked.window(),
          asked.minimum(),
          asked.open(),
          asked.probes());
    }
  }

  private static final int LIMIT = 1_000;

  private final Map<String, Kept> byServer = new ConcurrentHashMap<>();
  private final Policy standard;
  private final Clock clock;

  /** A breaker and what it was made from. */
  private record Kept(Policy policy, CircuitBreaker breaker) {}

  public StatementBreakers(Policy standard, Clock clock) {
    this.standard = standard;
    this.clock = clock;
  }

  private CircuitBreaker made(String name, Policy policy) {
    return CircuitBreaker.of(
        name,
        CircuitBreakerConfig.custom()
            .failureRateThreshold((float) (policy.failureFraction() * 100))
            .slowCallRateThreshold((float) (policy.slowFraction() * 100))
            .slowCallDurationThreshold(policy.slow())
            .slidingWindow(
                policy.window(),
                policy.minimum(),
                CircuitBreakerConfig.SlidingWindowType.COUNT_BASED)
            .waitDurationInOpenState(policy.open())
            .permittedNumberOfCallsInHalfOpenState(policy.trials())
            .currentTimestampFunction(unused -> clock.nanos(), TimeUnit.NANOSECONDS)
            .clock(new EngineTime(clock))
            .build());
  }

  /**
   * The breaker of a server; a new one when its policy has changed.
   *
   * @param asked what the database's policy says; null = the agent's own
   */
  CircuitBreaker of(String server, DatabasePolicy.@Nullable Breaker asked) {
    Policy policy = asked == null ? standard : Policy.of(asked);
    Kept found = byServer.get(server);
    if (found != null
        && (asked == null && found.policy == standard || found.policy.equals(policy))) {
      return found.breaker;
    }
    // addresses come from URLs of the application; a run-away number of them shares one breaker
    String key = found != null || byServer.size() < LIMIT ? server : "others";
    return byServer.compute(
            key,
            (name, now) ->
                now != null && now.policy.equals(policy)
                    ? now
                    : new Kept(policy, made(name, policy)))
        .breaker;
  }

  /** Servers and the states of their breakers. */
  public Map<String, String> states() {
    Map<String, String> states = new TreeMap<>();
    byServer.forEach((server, kept) -> states.put(server, kept.breaker.getState().name()));
    return states;
  }
}
