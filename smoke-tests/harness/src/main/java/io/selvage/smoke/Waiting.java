package io.selvage.smoke;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits for conditions of the world outside this JVM. */
public final class Waiting {
  private Waiting() {}

  /** Returns how long it took; fails with {@code what} when time is up. Asks every 20 ms. */
  public static Duration until(String what, Duration atMost, BooleanSupplier condition) {
    long start = System.nanoTime();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - start > atMost.toNanos()) {
        throw new IllegalStateException("not within " + atMost.toMillis() + " ms: " + what);
      }
      LockSupport.parkNanos(20_000_000);
    }
    return Duration.ofNanos(System.nanoTime() - start);
  }

  /** Lets time pass. */
  public static void pause(Duration time) {
    long end = System.nanoTime() + time.toNanos();
    for (long left = time.toNanos(); left > 0; left = end - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }
}
