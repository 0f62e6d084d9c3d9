package io.selvage.controller.ca;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * A token bucket per caller, for at most 10,000 callers; the one unseen for longest is forgotten.
 * Thread-safe.
 */
public final class RateLimit {
  private static final int MAX_CALLERS = 10_000;
  private final double perSecond;
  private final double burst;
  private final LongSupplier nanoTime;
  private final Map<String, double[]> buckets =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, double[]> eldest) {
          return size() > MAX_CALLERS;
        }
      };

  /**
   * Allows {@code burst} at once and {@code perSecond} over time; {@code nanoTime} is its clock.
   */
  public RateLimit(double perSecond, double burst, LongSupplier nanoTime) {
    this.perSecond = perSecond;
    this.burst = burst;
    this.nanoTime = nanoTime;
  }

  /** Takes one permit of {@code caller}, or says that there is none. */
  public synchronized boolean tryTake(String caller) {
    double[] bucket = refilled(caller);
    if (bucket[0] < 1) {
      return false;
    }
    bucket[0] -= 1;
    return true;
  }

  /** Whether {@code caller} has a permit; takes none. */
  public synchronized boolean has(String caller) {
    return refilled(caller)[0] >= 1;
  }

  private double[] refilled(String caller) {
    long now = nanoTime.getAsLong();
    double[] bucket = buckets.computeIfAbsent(caller, c -> new double[] {burst, now});
    bucket[0] = Math.min(burst, bucket[0] + (now - (long) bucket[1]) * perSecond / 1e9);
    bucket[1] = now;
    return bucket;
  }
}
