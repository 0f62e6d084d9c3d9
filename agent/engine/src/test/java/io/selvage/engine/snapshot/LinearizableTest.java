package io.selvage.engine.snapshot;

import io.selvage.engine.model.CircuitBreakers;
import org.jetbrains.kotlinx.lincheck.LinChecker;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.junit.jupiter.api.Test;

/**
 * What threads share without a lock behaves as if it were asked by one after the other: no limit is
 * exceeded, no permit refused that is free, nothing counted twice or lost.
 */
class LinearizableTest {
  private static void check(Class<?> structure) {
    LinChecker.check(
        structure,
        new StressOptions()
            .iterations(12)
            .invocationsPerIteration(2000)
            .threads(3)
            .actorsPerThread(4));
  }

  @Test
  void retriesAreGrantedUpToTheLimit() {
    check(RetryLimit.class);
  }

  @Test
  void retriesAreGrantedWithinTheBudget() {
    check(RetryBudget.class);
  }

  @Test
  void anIntervalsResultsAreTakenTogether() {
    check(Interval.class);
  }

  @Test
  void tokensAreTakenOnce() {
    check(Bucket.class);
  }

  @Test
  void requestsUnderWayAreCountedOnce() {
    check(UnderWay.class);
  }

  /** What least request compares: requests under way to two endpoints. */
  public static final class UnderWay {
    private final EndpointState one = new EndpointState("10.0.0.1:80");
    private final EndpointState two = new EndpointState("10.0.0.2:80");

    @Operation
    public void toOne() {
      one.taken();
    }

    @Operation
    public void toTwo() {
      two.taken();
    }

    @Operation
    public void ofOne() {
      one.released();
    }

    @Operation
    public int loadOfOne() {
      return one.inFlight();
    }

    @Operation
    public int loadOfTwo() {
      return two.inFlight();
    }
  }

  /** A limit of two retries at once. */
  public static final class RetryLimit {
    private final Permits permits = new Permits(new CircuitBreakers(1, 1, 1, 2, null));

    @Operation
    public boolean take() {
      return permits.take();
    }

    @Operation
    public boolean giveBack() {
      return permits.giveBack();
    }
  }

  /** At least one retry at once, or half of what is under way. */
  public static final class RetryBudget {
    private final Permits permits =
        new Permits(new CircuitBreakers(1, 1, 1, 3, new CircuitBreakers.RetryBudget(0.5, 1)));

    @Operation
    public boolean take() {
      return permits.take();
    }

    @Operation
    public boolean giveBack() {
      return permits.giveBack();
    }

    @Operation
    public void begin() {
      permits.load.requests.incrementAndGet();
    }
  }

  /** Gives back only what was taken, by whomever. */
  private static final class Permits {
    final ClusterState.Load load = new ClusterState.Load();
    private final CircuitBreakers breakers;

    Permits(CircuitBreakers breakers) {
      this.breakers = breakers;
    }

    boolean take() {
      return load.takeRetry(breakers, 0);
    }

    boolean giveBack() {
      for (int now = load.retries.get(); now > 0; now = load.retries.get()) {
        if (load.retries.compareAndSet(now, now - 1)) {
          return true;
        }
      }
      return false;
    }
  }

  /** Requests and successes of an interval, read by the one thread that sweeps. */
  public static final class Interval {
    private final Results results = new Results();

    @Operation
    public void success() {
      results.add(true);
    }

    @Operation
    public void failure() {
      results.add(false);
    }

    @Operation(nonParallelGroup = "sweep")
    public String roll() {
      results.roll();
      return results.successes() + " of " + results.requests();
    }
  }

  /** Four tokens, one more for each tick of a clock that threads move. */
  public static final class Bucket {
    private final TokenBucket bucket =
        new TokenBucket(
            new io.selvage.engine.model.LocalRateLimit.Bucket(4, 1, java.time.Duration.ofNanos(10)),
            0);

    @Operation
    public boolean take() {
      return bucket.take(0);
    }

    @Operation
    public boolean takeLater() {
      return bucket.take(10);
    }
  }
}
