package io.selvage.engine.snapshot;

import java.util.concurrent.atomic.AtomicLong;

/**
 * How many requests there were in an interval and how many of them succeeded. Any thread; without
 * locks, so that no request is lost between two intervals or counted in both.
 */
public final class Results {
  private static final int REQUESTS = 32;

  // requests above, successes below: one number, as they must be taken together
  private final AtomicLong current = new AtomicLong();
  private volatile long finished;

  /** One more request. */
  public void add(boolean success) {
    current.addAndGet((1L << REQUESTS) + (success ? 1 : 0));
  }

  /** Ends the interval; its numbers can be asked for until the next one ends. */
  public void roll() {
    finished = current.getAndSet(0);
  }

  /** Requests of the interval that ended last. */
  public int requests() {
    return (int) (finished >>> REQUESTS);
  }

  /** Successes of the interval that ended last. */
  public int successes() {
    return (int) finished;
  }
}
