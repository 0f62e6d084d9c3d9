package io.selvage.engine.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.model.CircuitBreakers;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.Test;

/** Many threads take and give back retries: never more than the limit at once, none is lost. */
class RetryLimitStressTest {
  private static final int THREADS = 8;
  private static final int TURNS = 200_000;

  private static void stress(CircuitBreakers breakers, int requests, int limit)
      throws InterruptedException {
    ClusterState.Load load = new ClusterState.Load();
    load.requests.set(requests);
    AtomicInteger held = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    LongAdder granted = new LongAdder();
    CountDownLatch start = new CountDownLatch(THREADS);
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < THREADS; t++) {
      Thread thread =
          new Thread(
              () -> {
                start.countDown();
                while (start.getCount() > 0) {
                  Thread.onSpinWait();
                }
                for (int i = 0; i < TURNS; i++) {
                  if (load.takeRetry(breakers, 0)) {
                    most.accumulateAndGet(held.incrementAndGet(), Math::max);
                    granted.increment();
                    held.decrementAndGet();
                    load.retries.decrementAndGet();
                  }
                }
              });
      threads.add(thread);
      thread.start();
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(most.get()).isBetween(1, limit);
    assertThat(load.retries).hasValue(0);
    assertThat(granted.sum()).isPositive();
  }

  @Test
  void numberOfRetriesHolds() throws InterruptedException {
    stress(new CircuitBreakers(9, 9, 9, 3, null), 0, 3);
  }

  @Test
  void budgetHolds() throws InterruptedException {
    stress(new CircuitBreakers(9, 9, 9, 0, new CircuitBreakers.RetryBudget(0.2, 1)), 10, 2);
  }

  @Test
  void smallestBudgetHolds() throws InterruptedException {
    stress(new CircuitBreakers(9, 9, 9, 0, new CircuitBreakers.RetryBudget(0.2, 1)), 0, 1);
  }
}
