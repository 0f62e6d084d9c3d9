package io.selvage.instrumentation.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Proxy;
import java.sql.Statement;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** A cancellation belongs to one run of a statement. */
class CancellationTest {
  private final AtomicInteger cancelled = new AtomicInteger();
  private final CountDownLatch sent = new CountDownLatch(1);

  private Statement statement(boolean slow) {
    return (Statement)
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {Statement.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("cancel")) {
                cancelled.incrementAndGet();
                if (slow) {
                  sent.await();
                }
              }
              return null;
            });
  }

  @Test
  void noneBeginsAfterTheEnd() {
    Cancellation cancellation = new Cancellation(statement(false));
    cancellation.over();
    cancellation.cancel();
    assertThat(cancelled).hasValue(0);
  }

  @Test
  void oneThatHasBegunHoldsUpTheEnd() throws Exception {
    Cancellation cancellation = new Cancellation(statement(true));
    Thread canceller = new Thread(cancellation::cancel);
    canceller.start();
    Awaitility.await().until(() -> cancelled.get() == 1);
    Thread statement = new Thread(cancellation::over);
    statement.start();
    Awaitility.await().until(() -> statement.getState() == Thread.State.TIMED_WAITING);
    assertThat(statement.isAlive()).isTrue();
    sent.countDown();
    statement.join(10_000);
    assertThat(statement.isAlive()).isFalse();
    canceller.join();
    cancellation.cancel();
    assertThat(cancelled).as("once").hasValue(1);
  }
}
