package io.selvage.instrumentation.testing.client;

import io.selvage.engine.flow.Clock;
import io.selvage.engine.flow.Timer;
import io.selvage.engine.flow.TimerWheel;
import java.util.concurrent.locks.LockSupport;

/** Turns a timer wheel in real time. */
final class WheelThread implements AutoCloseable {
  private final Thread thread = new Thread(this::turn, "test-wheel");
  private final TimerWheel wheel =
      new TimerWheel(Clock.SYSTEM.nanos(), earlier -> LockSupport.unpark(thread));
  private volatile boolean stopped;

  WheelThread() {
    thread.setDaemon(true);
    thread.start();
  }

  Timer timer() {
    return wheel;
  }

  private void turn() {
    while (!stopped) {
      long next = wheel.advance(Clock.SYSTEM.nanos());
      long nanos = next == Long.MAX_VALUE ? 1_000_000_000L : next - Clock.SYSTEM.nanos();
      if (nanos > 0) {
        LockSupport.parkNanos(this, nanos);
      }
    }
  }

  @Override
  public void close() {
    stopped = true;
    LockSupport.unpark(thread);
  }
}
