package io.selvage.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class TimerThreadTest {
  private static final long MS = 1_000_000;

  @Test
  void runsInRealTimeOnItsDaemonThread() throws Exception {
    List<String> threads = new CopyOnWriteArrayList<>();
    try (TimerThread timer = new TimerThread(System::nanoTime, bug -> {})) {
      CountDownLatch ran = new CountDownLatch(3);
      long start = System.nanoTime();
      // the later first, so that the earlier ones have to wake the thread
      for (int millis : new int[] {80, 20, 1}) {
        timer.schedule(
            start + millis * MS,
            () -> {
              Thread me = Thread.currentThread();
              threads.add(me.getName() + " " + me.isDaemon());
              ran.countDown();
            });
      }
      assertThat(ran.await(10, TimeUnit.SECONDS)).isTrue();
      assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(80 * MS);
      assertThat(threads).hasSize(3).containsOnly("selvage-timer true");
    }
  }

  @Test
  void goesOnAfterAPauseAndAfterATaskThatThrows() throws Exception {
    List<Throwable> bugs = new CopyOnWriteArrayList<>();
    try (TimerThread timer = new TimerThread(System::nanoTime, bugs::add)) {
      for (int round = 0; round < 3; round++) {
        CountDownLatch ran = new CountDownLatch(1);
        timer.schedule(
            System.nanoTime(),
            () -> {
              throw new IllegalStateException("boom");
            });
        timer.schedule(System.nanoTime() + 5 * MS, ran::countDown);
        assertThat(ran.await(10, TimeUnit.SECONDS)).isTrue();
      }
    }
    assertThat(bugs).hasSize(3).extracting(Throwable::getMessage).containsOnly("boom");
  }

  @Test
  void whatIsTakenBackDoesNotRun() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    CountDownLatch later = new CountDownLatch(1);
    try (TimerThread timer = new TimerThread(System::nanoTime, bug -> {})) {
      timer.schedule(System.nanoTime() + 20 * MS, never::countDown).cancel();
      timer.schedule(System.nanoTime() + 60 * MS, later::countDown);
      assertThat(later.await(10, TimeUnit.SECONDS)).isTrue();
      assertThat(never.getCount()).isOne();
    }
  }
}
