package io.selvage.engine.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.flow.Randomness;
import io.selvage.engine.model.AdaptiveConcurrency;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Many threads at one limit. */
class ConcurrencyLimiterStressTest {
  private static final int MOST = 12;

  private static ConcurrencyLimiter limiter() {
    return new ConcurrencyLimiter(
        new AdaptiveConcurrency(
            "", 0.9, MOST, Duration.ofMillis(1), Duration.ofMillis(3), null, 10, 0.5, 4, 0.25, 503),
        System.nanoTime());
  }

  @Test
  void neverMoreThanTheMostAndNoPlaceIsLost() throws Exception {
    ConcurrencyLimiter limiter = limiter();
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger highest = new AtomicInteger();
    ExecutorService threads = Executors.newFixedThreadPool(16);
    try {
      List<Future<?>> all = new ArrayList<>();
      for (int t = 0; t < 16; t++) {
        all.add(threads.submit(() -> work(limiter, inside, highest)));
      }
      for (Future<?> each : all) {
        each.get();
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(highest.get()).isPositive().isLessThanOrEqualTo(MOST);
    assertThat(limiter.underWay()).isZero();
    assertThat(limiter.limit()).isBetween(4, MOST);
  }

  private static void work(
      ConcurrencyLimiter limiter, AtomicInteger inside, AtomicInteger highest) {
    for (int i = 0; i < 20_000; i++) {
      long now = System.nanoTime();
      if (limiter.enter(now, Randomness.SYSTEM)) {
        highest.accumulateAndGet(inside.incrementAndGet(), Math::max);
        Thread.onSpinWait();
        inside.decrementAndGet();
        if (i % 5 == 0) {
          limiter.forget();
        } else {
          limiter.leave(now, System.nanoTime(), Randomness.SYSTEM);
        }
      }
    }
  }

  @Test
  void quantilesAreWithinTheirBin() {
    LatencySamples samples = new LatencySamples();
    assertThat(samples.quantile(0.5)).isZero();
    for (int i = 1; i <= 10_000; i++) {
      samples.add(i);
    }
    for (double q : new double[] {0.01, 0.1, 0.5, 0.9, 0.99}) {
      assertThat((double) samples.quantile(q)).isBetween(q * 10_000 * 0.98, q * 10_000 * 1.02);
    }
    samples.add(Long.MAX_VALUE / 100);
    assertThat(samples.quantile(1)).isGreaterThan(1_000_000_000L);
  }
}
