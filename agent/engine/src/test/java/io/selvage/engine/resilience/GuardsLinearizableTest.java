package io.selvage.engine.resilience;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.selvage.engine.flow.TestHead;
import io.selvage.engine.flow.VirtualTime;
import io.selvage.engine.model.Resilience;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jetbrains.kotlinx.lincheck.LinChecker;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.jetbrains.lincheck.datastructures.ThreadIdGen;
import org.junit.jupiter.api.Test;

/**
 * Bulkheads, breakers and the allowance of retries behave as if they were asked by one after the
 * other, in whatever order the steps of their threads run.
 */
class GuardsLinearizableTest {
  private static final int THREADS = 3;

  /** Every order of steps that the model checker comes upon, without luck. */
  private static void check(Class<?> structure) {
    LinChecker.check(
        structure,
        new ModelCheckingOptions()
            .iterations(6)
            .invocationsPerIteration(200)
            .threads(THREADS)
            .actorsPerThread(4)
            .minimizeFailedScenario(false));
  }

  /** Resilience4j is more than the model checker can take: real threads instead. */
  private static void stress(Class<?> structure) {
    LinChecker.check(
        structure,
        new StressOptions()
            .iterations(8)
            .invocationsPerIteration(2000)
            .threads(THREADS)
            .actorsPerThread(4)
            .minimizeFailedScenario(false));
  }

  @Test
  void placesOfABulkheadAreTakenInTurn() {
    check(Places.class);
  }

  @Test
  void aBreakersWindowForgetsTheOldestCallFirst() {
    stress(Window.class);
  }

  @Test
  void probesAreGrantedOnce() {
    stress(Probes.class);
  }

  @Test
  void allowedRetriesAreSpentOnce() {
    check(Spending.class);
  }

  /** Two places and a queue of one; each thread has one call at most. */
  @Param(name = "thread", gen = ThreadIdGen.class)
  public static final class Places {
    private final Bulkhead bulkhead = new Bulkhead();
    private final Bulkhead.Place[] held = new Bulkhead.Place[THREADS + 3];

    @Operation
    public String enter(@Param(name = "thread") int thread) {
      if (held[thread] != null) {
        return "inside";
      }
      Bulkhead.Place place = bulkhead.enter(1, 1);
      held[thread] = place;
      // whether it is its turn may change at any time
      return place == null ? "full" : "in";
    }

    @Operation
    public boolean isItsTurn(@Param(name = "thread") int thread) {
      return held[thread] != null && held[thread].isTaken();
    }

    @Operation
    public String leave(@Param(name = "thread") int thread) {
      Bulkhead.Place place = held[thread];
      if (place == null) {
        return "outside";
      }
      held[thread] = null;
      place.leave();
      return "left";
    }
  }

  private static CircuitBreaker breaker(int window, int minimum, VirtualTime time) {
    return new Breakers(
            new Resilience.Breaker(
                false,
                window,
                minimum,
                0.5,
                1.0,
                Duration.ofSeconds(60),
                Duration.ofSeconds(30),
                2,
                Resilience.Counts.DEFAULT,
                false,
                List.of()),
            time)
        .of(TestHead.get("a", "/"));
  }

  /** The last three calls; too few to open anything. */
  public static final class Window {
    private final CircuitBreaker breaker = breaker(3, 3, new VirtualTime());

    public Window() {
      breaker.transitionToMetricsOnlyState();
    }

    @Operation
    public void success() {
      breaker.onSuccess(1, TimeUnit.MILLISECONDS);
    }

    @Operation
    public void failure() {
      breaker.onError(1, TimeUnit.MILLISECONDS, Breakers.FAILURE);
    }

    @Operation
    public int failures() {
      return breaker.getMetrics().getNumberOfFailedCalls();
    }
  }

  /** A breaker that is half open: two probes. */
  public static final class Probes {
    private final CircuitBreaker breaker;

    public Probes() {
      VirtualTime time = new VirtualTime();
      breaker = breaker(4, 2, time);
      breaker.onError(1, TimeUnit.MILLISECONDS, Breakers.FAILURE);
      breaker.onError(1, TimeUnit.MILLISECONDS, Breakers.FAILURE);
      time.advance(Duration.ofSeconds(31));
    }

    @Operation
    public boolean probe() {
      return breaker.tryAcquirePermission();
    }
  }

  /** What retries may cost, with all but two of them spent. */
  public static final class Spending {
    private final RetryTree.Allowance allowance = new RetryTree.Allowance();

    public Spending() {
      while (allowance.left() > 2 * RetryTree.Allowance.PER_RETRY) {
        allowance.take();
      }
    }

    @Operation
    public boolean take() {
      return allowance.take();
    }

    @Operation
    public void request() {
      allowance.add(RetryTree.Allowance.PER_RETRY / 2);
    }

    @Operation
    public void helped() {
      allowance.add(RetryTree.Allowance.PER_RETRY);
    }

    @Operation
    public int left() {
      return allowance.left();
    }
  }
}
