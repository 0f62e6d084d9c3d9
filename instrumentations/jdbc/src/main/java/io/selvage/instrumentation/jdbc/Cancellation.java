package io.selvage.instrumentation.jdbc;

import io.selvage.extension.ForkThreads;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/**
 * Cancels one run of a statement, and never what its connection or the same statement runs next: a
 * cancellation that has begun holds up the end of its run, and none begins after it. {@link
 * #cancel} from any thread; lock-free.
 */
final class Cancellation {
  private static final long LONGEST_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final long STEP_NANOS = 200_000;
  private static final long FIRST_PAUSE_MILLIS = 10;
  private static final long LAST_PAUSE_MILLIS = 5_000;

  private enum State {
    RUNNING,
    CANCELLING,
    CANCELLED,
    OVER
  }

  private final Statement statement;
  private final AtomicReference<State> state = new AtomicReference<>(State.RUNNING);

  Cancellation(Statement statement) {
    this.statement = statement;
  }

  /**
   * The request that the statement is for has been given up. A driver that has not begun to send
   * the statement ignores this, so it is said again, on threads of the agent, until the statement
   * ends.
   */
  void cancel() {
    if (state.compareAndSet(State.RUNNING, State.CANCELLING)) {
      send();
      again(FIRST_PAUSE_MILLIS);
    }
  }

  private void again(long pauseMillis) {
    if (state.get() == State.OVER || pauseMillis > LAST_PAUSE_MILLIS) {
      return;
    }
    CompletableFuture.delayedExecutor(pauseMillis, TimeUnit.MILLISECONDS, ForkThreads.executor())
        .execute(
            () -> {
              if (state.compareAndSet(State.CANCELLED, State.CANCELLING)) {
                send();
              }
              again(pauseMillis * 2);
            });
  }

  private void send() {
    try {
      statement.cancel();
    } catch (SQLException | RuntimeException unsupported) {
      // the driver cannot: the statement's own time-out holds
    } finally {
      state.compareAndSet(State.CANCELLING, State.CANCELLED);
    }
  }

  /** The statement has ended; returns when no cancellation of it is under way any more. */
  void over() {
    long since = System.nanoTime();
    while (!state.compareAndSet(State.RUNNING, State.OVER)
        && !state.compareAndSet(State.CANCELLED, State.OVER)) {
      if (System.nanoTime() - since > LONGEST_NANOS) {
        state.set(State.OVER);
        return;
      }
      LockSupport.parkNanos(STEP_NANOS);
    }
  }
}
