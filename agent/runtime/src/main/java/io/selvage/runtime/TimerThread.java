package io.selvage.runtime;

import io.selvage.engine.flow.Clock;
import io.selvage.engine.flow.Timer;
import io.selvage.engine.flow.TimerWheel;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The engine's timer wheel with one daemon thread that turns it. The thread starts with the first
 * task and sleeps while none is due. Tasks run on it and must be short; one that throws is
 * reported.
 */
final class TimerThread implements Timer, AutoCloseable {
  private final Clock clock;
  private final Consumer<Throwable> bugs;
  private final TimerWheel wheel;
  private volatile @Nullable Thread thread;
  private volatile boolean closed;

  TimerThread(Clock clock, Consumer<Throwable> bugs) {
    this.clock = clock;
    this.bugs = bugs;
    this.wheel = new TimerWheel(clock.nanos(), moment -> wake());
  }

  @Override
  public Scheduled schedule(long atNanos, Runnable task) {
    return wheel.schedule(atNanos, () -> run(task));
  }

  private void run(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException | Error bug) {
      bugs.accept(bug);
    }
  }

  private void wake() {
    Thread turning = thread;
    if (turning == null) {
      turning = started();
    }
    LockSupport.unpark(turning);
  }

  private synchronized Thread started() {
    Thread turning = thread;
    if (turning == null) {
      turning = new Thread(this::turn, "selvage-timer");
      turning.setDaemon(true);
      thread = turning;
      if (!closed) {
        turning.start();
      }
    }
    return turning;
  }

  private void turn() {
    while (!closed) {
      long next = wheel.advance(clock.nanos());
      if (next == Long.MAX_VALUE) {
        LockSupport.park(this);
      } else {
        long left = next - clock.nanos();
        if (left > 0) {
          LockSupport.parkNanos(this, left);
        }
      }
    }
  }

  @Override
  public void close() {
    closed = true;
    Thread turning = thread;
    if (turning != null) {
      LockSupport.unpark(turning);
    }
  }
}
