package io.selvage.engine.resilience;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.selvage.engine.flow.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

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
  }

  private static final int LIMIT = 1_000;

  private final Map<String, CircuitBreaker> byServer = new ConcurrentHashMap<>();
  private final CircuitBreakerConfig config;

  public StatementBreakers(Policy policy, Clock clock) {
    config =
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
            .clock(new Wall(clock))
            .build();
  }

  /** The breaker of a server. */
  CircuitBreaker of(String server) {
    CircuitBreaker found = byServer.get(server);
    if (found != null) {
      return found;
    }
    // addresses come from URLs of the application; a run-away number of them shares one breaker
    String key = byServer.size() < LIMIT ? server : "others";
    return byServer.computeIfAbsent(key, name -> CircuitBreaker.of(name, config));
  }

  /** Servers and the states of their breakers. */
  public Map<String, String> states() {
    Map<String, String> states = new TreeMap<>();
    byServer.forEach((server, breaker) -> states.put(server, breaker.getState().name()));
    return states;
  }

  /** The engine's clock in the dress that the state machine wants. */
  private static final class Wall extends java.time.Clock {
    private final Clock clock;

    Wall(Clock clock) {
      this.clock = clock;
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public java.time.Clock withZone(ZoneId zone) {
      return this;
    }

    @Override
    public Instant instant() {
      return Instant.ofEpochSecond(0, clock.nanos());
    }
  }
}
