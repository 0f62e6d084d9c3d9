package io.selvage.engine.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class RequestWindowTest {
  private static final long SECOND = 1_000_000_000L;

  private final RequestWindow window = new RequestWindow(Duration.ofSeconds(10), 0);

  @Test
  void countsForTheIntervalAndAtMostATenthMore() {
    window.add(SECOND / 2);
    assertThat(window.count(SECOND / 2)).isOne();
    assertThat(window.count(SECOND / 2 + 10 * SECOND)).isOne();
    assertThat(window.count(11 * SECOND)).isZero();
  }

  @Test
  void eachTenthIsForgottenByItself() {
    for (int i = 0; i < 30; i++) {
      window.add(i * SECOND);
    }
    assertThat(window.count(29 * SECOND)).isEqualTo(11);
    assertThat(window.count(34 * SECOND)).isEqualTo(6);
    assertThat(window.count(1_000 * SECOND)).isZero();
  }

  @Test
  void nothingIsLostBetweenThreads() throws InterruptedException {
    Thread[] threads = new Thread[4];
    CountDownLatch start = new CountDownLatch(1);
    for (int i = 0; i < threads.length; i++) {
      threads[i] =
          new Thread(
              () -> {
                try {
                  start.await();
                } catch (InterruptedException e) {
                  return;
                }
                for (int n = 0; n < 10_000; n++) {
                  window.add(n * SECOND / 2_000);
                }
              });
      threads[i].start();
    }
    start.countDown();
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(window.count(5 * SECOND)).isEqualTo(40_000);
  }
}
