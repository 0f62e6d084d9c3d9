package io.selvage.engine.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.selvage.engine.flow.VirtualTime;
import io.selvage.engine.model.Resilience;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/** Bulkhead and breaker window under many threads: nothing is lost, no bound is passed. */
class GuardsStressTest {
  private static final int THREADS = 4;
  private static final int CALLS = 20_000;

  @RepeatedTest(3)
  void aBulkheadNeverHoldsMoreThanItsPlacesAndLosesNone() throws InterruptedException {
    int limit = 3;
    Bulkhead bulkhead = new Bulkhead();
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    AtomicInteger served = new AtomicInteger();
    run(
        seed -> {
          SplittableRandom random = new SplittableRandom(seed);
          for (int i = 0; i < CALLS; i++) {
            Bulkhead.Place place = bulkhead.take(limit);
            if (place == null) {
              place = bulkhead.queue(limit, 8);
            }
            if (place == null) {
              continue;
            }
            if (!place.isTaken()) {
              if (random.nextInt(3) == 0) {
                place.leave();
                continue;
              }
              place.turn().toCompletableFuture().get(30, TimeUnit.SECONDS);
            }
            most.accumulateAndGet(inside.incrementAndGet(), Math::max);
            served.incrementAndGet();
            inside.decrementAndGet();
            place.leave();
            place.leave();
          }
        });
    assertThat(most.get()).isBetween(1, limit);
    assertThat(served.get()).isPositive();
    assertThat(bulkhead.taken()).isZero();
    assertThat(bulkhead.waiting()).isZero();
  }

  @Test
  void aBreakersWindowCountsEachCallOnce() throws InterruptedException {
    int window = THREADS * CALLS;
    CircuitBreaker breaker =
        new Breakers(policy(window, window), new VirtualTime())
            .of(io.selvage.engine.flow.TestHead.get("a", "/"));
    run(
        seed -> {
          for (int i = 0; i < CALLS; i++) {
            if (!breaker.tryAcquirePermission()) {
              throw new IllegalStateException("refused while closed");
            }
            if (i % 4 == 0) {
              breaker.onError(1, TimeUnit.MILLISECONDS, Breakers.FAILURE);
            } else {
              breaker.onSuccess(1, TimeUnit.MILLISECONDS);
            }
          }
        });
    assertThat(breaker.getMetrics().getNumberOfBufferedCalls()).isEqualTo(window);
    assertThat(breaker.getMetrics().getNumberOfFailedCalls()).isEqualTo(window / 4);
  }

  @RepeatedTest(5)
  void aHalfOpenBreakerLetsNoMoreThanItsProbesThrough() throws InterruptedException {
    VirtualTime time = new VirtualTime();
    CircuitBreaker breaker =
        new Breakers(policy(10, 4), time).of(io.selvage.engine.flow.TestHead.get("a", "/"));
    for (int i = 0; i < 4; i++) {
      assertThat(breaker.tryAcquirePermission()).isTrue();
      breaker.onError(1, TimeUnit.MILLISECONDS, Breakers.FAILURE);
    }
    time.advance(Duration.ofSeconds(31));
    AtomicInteger through = new AtomicInteger();
    run(
        seed -> {
          for (int i = 0; i < 100; i++) {
            if (breaker.tryAcquirePermission()) {
              through.incrementAndGet();
            }
          }
        });
    assertThat(through).hasValue(2);
  }

  private static Resilience.Breaker policy(int window, int minimum) {
    return new Resilience.Breaker(
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
        List.of());
  }

  private interface Work {
    void run(int seed) throws Exception;
  }

  private static void run(Work work) throws InterruptedException {
    CountDownLatch start = new CountDownLatch(1);
    List<Throwable> failures = java.util.Collections.synchronizedList(new ArrayList<>());
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < THREADS; t++) {
      int seed = t;
      Thread thread =
          new Thread(
              () -> {
                try {
                  start.await();
                  work.run(seed);
                } catch (Throwable e) {
                  failures.add(e);
                }
              });
      threads.add(thread);
      thread.start();
    }
    start.countDown();
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(failures).isEmpty();
  }
}
