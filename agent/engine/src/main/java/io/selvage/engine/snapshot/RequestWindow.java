package io.selvage.engine.snapshot;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * How many requests were begun during the last interval, by tenths of it: one counts for at least
 * the interval and at most a tenth longer. Any thread; lock-free. Source: Envoy {@code
 * RetryBudget.budget_interval}.
 */
final class RequestWindow {
  private static final int PARTS = 10;
  // the one that is being filled, and those that are over but still count
  private static final int SLOTS = PARTS + 1;
  private static final int COUNT_BITS = 32;
  private static final long COUNT = (1L << COUNT_BITS) - 1;

  private final Duration interval;
  private final long origin;
  private final long partNanos;

  /** The number of the tenth in the upper half, what was counted in it in the lower. */
  private final AtomicLongArray slots = new AtomicLongArray(SLOTS);

  RequestWindow(Duration interval, long now) {
    this.interval = interval;
    this.origin = now;
    this.partNanos = Math.max(1, interval.toNanos() / PARTS);
  }

  Duration interval() {
    return interval;
  }

  void add(long now) {
    long part = part(now);
    int slot = (int) (part % SLOTS);
    for (; ; ) {
      long seen = slots.get(slot);
      long next = seen >>> COUNT_BITS == part ? seen + 1 : part << COUNT_BITS | 1;
      // a thread that was held up must not wipe out what came after it
      if (seen >>> COUNT_BITS > part || slots.compareAndSet(slot, seen, next)) {
        return;
      }
    }
  }

  int count(long now) {
    long part = part(now);
    long sum = 0;
    for (int i = 0; i < SLOTS; i++) {
      long seen = slots.get(i);
      long age = part - (seen >>> COUNT_BITS);
      if (age >= -1 && age < SLOTS) {
        sum += seen & COUNT;
      }
    }
    return (int) Math.min(Integer.MAX_VALUE, sum);
  }

  /** From one on, so that an empty slot is of no part; wraps after 2^32 parts, counting anew. */
  private long part(long now) {
    return (Math.max(0, now - origin) / partNanos + 1) & COUNT;
  }
}
