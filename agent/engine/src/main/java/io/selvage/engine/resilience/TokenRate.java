package io.selvage.engine.resilience;

import java.util.concurrent.atomic.AtomicLong;

/**
 * A rate with a burst, as a single moment that moves on (generic cell rate algorithm). Any thread;
 * lock-free. Limits are handed in with each call, so that they can change.
 */
final class TokenRate {
  /** When the next call would be due if calls came at exactly the rate. */
  private final AtomicLong due;

  TokenRate(long nowNanos) {
    due = new AtomicLong(nowNanos);
  }

  /** Takes one call's share; false when there is none now. */
  boolean take(long nowNanos, double perSecond, int burst) {
    long step = Math.max(1, (long) (1e9 / perSecond));
    long slack = step * Math.max(1, burst);
    for (; ; ) {
      long before = due.get();
      long from = Math.max(before, nowNanos);
      if (from + step - nowNanos > slack) {
        return false;
      }
      if (due.compareAndSet(before, from + step)) {
        return true;
      }
    }
  }
}
