package io.selvage.engine.resilience;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowSynchronizationStrategy;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowType;
import io.selvage.engine.flow.Clock;
import io.selvage.engine.flow.RequestHead;
import io.selvage.engine.model.Resilience;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * The breakers of one destination, or of one endpoint: one for each operation and one for what is
 * none of them. Any thread; windows of calls are lock-free, those of time hold a short lock of
 * Resilience4j's.
 */
final class Breakers {
  /** Stands for a failure that is no exception; has no stack trace. */
  static final Throwable FAILURE = new Failure();

  private final Resilience.Breaker policy;
  private final CircuitBreaker[] byOperation;
  private volatile Resilience.Breaker seen;

  Breakers(Resilience.Breaker policy, Clock clock) {
    this.policy = policy;
    this.seen = policy;
    CircuitBreakerConfig config = config(policy, clock);
    List<Resilience.Operation> operations = policy.operations();
    byOperation = new CircuitBreaker[operations.size() + 1];
    for (int i = 0; i < operations.size(); i++) {
      byOperation[i] = CircuitBreaker.of(operations.get(i).name(), config);
    }
    byOperation[operations.size()] = CircuitBreaker.of("all", config);
  }

  static CircuitBreakerConfig config(Resilience.Breaker policy, Clock clock) {
    return CircuitBreakerConfig.custom()
        .failureRateThreshold((float) (policy.failureFraction() * 100))
        .slowCallRateThreshold((float) (policy.slowFraction() * 100))
        .slowCallDurationThreshold(policy.slow())
        .slidingWindow(
            policy.window(),
            policy.minimumCalls(),
            policy.timeBased() ? SlidingWindowType.TIME_BASED : SlidingWindowType.COUNT_BASED,
            // the lock-free window of time has a clock of its own and fails at one second
            policy.timeBased()
                ? SlidingWindowSynchronizationStrategy.SYNCHRONIZED
                : SlidingWindowSynchronizationStrategy.LOCK_FREE)
        .waitDurationInOpenState(policy.open())
        .permittedNumberOfCallsInHalfOpenState(policy.probes())
        .currentTimestampFunction(unused -> clock.nanos(), TimeUnit.NANOSECONDS)
        .clock(new EngineTime(clock))
        .build();
  }

  /** Whether these breakers are still what the policy asks for; their state is kept then. */
  boolean serve(Resilience.Breaker wanted) {
    if (seen == wanted) {
      return true;
    }
    if (!policy.equals(wanted)) {
      return false;
    }
    seen = wanted;
    return true;
  }

  /** The breaker that a request counts for. */
  CircuitBreaker of(RequestHead head) {
    List<Resilience.Operation> operations = policy.operations();
    for (int i = 0; i < operations.size(); i++) {
      Resilience.Operation one = operations.get(i);
      if ((one.methods().isEmpty() || one.methods().contains(head.method()))
          && head.path().startsWith(one.pathPrefix())) {
        return byOperation[i];
      }
    }
    return byOperation[operations.size()];
  }

  /** State by operation, for reports. */
  Map<String, String> states() {
    Map<String, String> states = new TreeMap<>();
    for (CircuitBreaker each : byOperation) {
      states.put(each.getName(), each.getState().name());
    }
    return states;
  }

  private static final class Failure extends Exception {
    private static final long serialVersionUID = 1;

    Failure() {
      super("counted as a failure by policy", null, false, false);
    }
  }
}
