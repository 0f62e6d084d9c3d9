package io.selvage.engine.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** A rate with a burst. */
class TokenRateTest {
  @Test
  void neverGivesMoreThanBurstAndRate() {
    TokenRate rate = new TokenRate(0);
    long given = 0;
    for (long now = 0; now <= 10_000_000_000L; now += 1_000_000) {
      given += rate.take(now, 100, 5) ? 1 : 0;
    }
    assertThat(given).isBetween(1_000L, 1_006L);
  }

  @Test
  void restIsNotSavedBeyondTheBurst() {
    TokenRate rate = new TokenRate(0);
    long later = 3_600_000_000_000L;
    int given = 0;
    for (int i = 0; i < 100; i++) {
      given += rate.take(later, 10, 7) ? 1 : 0;
    }
    assertThat(given).isEqualTo(7);
  }

  @Test
  void threadsShareOneRate() throws Exception {
    TokenRate rate = new TokenRate(0);
    AtomicLong given = new AtomicLong();
    ExecutorService threads = Executors.newFixedThreadPool(4);
    CyclicBarrier start = new CyclicBarrier(4);
    try {
      List<Future<?>> all = new ArrayList<>();
      for (int t = 0; t < 4; t++) {
        all.add(
            threads.submit(
                () -> {
                  start.await();
                  for (int i = 0; i < 50_000; i++) {
                    if (rate.take(1_000, 1_000, 500)) {
                      given.incrementAndGet();
                    }
                  }
                  return null;
                }));
      }
      for (Future<?> each : all) {
        each.get();
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(given).hasValue(500);
  }
}
