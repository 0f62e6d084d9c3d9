package io.selvage.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.flow.Timer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class TimerWheelTest {
  private static final long MS = 1_000_000;

  @Test
  void runsInRealTimeOnItsDaemonThread() throws Exception {
    try (TimerWheel wheel = new TimerWheel(System::nanoTime, bug -> {})) {
      CountDownLatch ran = new CountDownLatch(3);
      List<String> threads = new ArrayList<>();
      long start = System.nanoTime();
      for (int millis : new int[] {1, 20, 60}) {
        wheel.schedule(
            start + millis * MS,
            () -> {
              threads.add(Thread.currentThread().getName() + Thread.currentThread().isDaemon());
              ran.countDown();
            });
      }
      assertThat(ran.await(10, TimeUnit.SECONDS)).isTrue();
      assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(60 * MS);
      assertThat(threads).containsOnly("selvage-timertrue");
    }
  }

  @Test
  void neverEarlyNeverTwiceNeverForgotten() {
    AtomicLong now = new AtomicLong(7);
    // closed to its own thread by never being empty at a moment when the clock moves: advance() is
    // called by hand
    TimerWheel wheel = new TimerWheel(now::get, bug -> {});
    Random random = new Random(42);
    int tasks = 5_000;
    int[] runs = new int[tasks];
    long[] at = new long[tasks];
    Timer.Scheduled[] scheduled = new Timer.Scheduled[tasks];
    boolean[] cancelled = new boolean[tasks];
    List<String> early = new ArrayList<>();
    for (int i = 0; i < tasks; i++) {
      int me = i;
      at[i] = 7 + (long) (random.nextDouble() * 10_000 * MS);
      scheduled[i] =
          wheel.schedule(
              at[i],
              () -> {
                synchronized (runs) {
                  runs[me]++;
                  if (now.get() < at[me]) {
                    early.add("task " + me);
                  }
                }
              });
    }
    for (int i = 0; i < tasks; i += 3) {
      scheduled[i].cancel();
      cancelled[i] = true;
    }
    while (now.get() < 10_100 * MS) {
      now.addAndGet((long) (random.nextDouble() * 90 * MS));
      wheel.advance(now.get());
    }
    wheel.advance(now.get());
    wheel.close();
    assertThat(early).isEmpty();
    for (int i = 0; i < tasks; i++) {
      synchronized (runs) {
        assertThat(runs[i]).as("task " + i + " at " + at[i]).isEqualTo(cancelled[i] ? 0 : 1);
      }
    }
    assertThat(wheel.size()).isZero();
  }

  @Test
  void aTaskThatThrowsIsReportedAndTheRestRun() throws Exception {
    List<Throwable> bugs = new ArrayList<>();
    CountDownLatch ran = new CountDownLatch(1);
    try (TimerWheel wheel = new TimerWheel(System::nanoTime, bugs::add)) {
      wheel.schedule(
          System.nanoTime(),
          () -> {
            throw new IllegalStateException("boom");
          });
      wheel.schedule(System.nanoTime() + 20 * MS, ran::countDown);
      assertThat(ran.await(10, TimeUnit.SECONDS)).isTrue();
    }
    assertThat(bugs).singleElement().extracting(Throwable::getMessage).isEqualTo("boom");
  }
}
