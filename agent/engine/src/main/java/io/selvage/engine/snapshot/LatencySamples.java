package io.selvage.engine.snapshot;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * Times in microseconds, kept by their first two decimal digits. Any thread; lock-free. Source: the
 * log-linear histogram of libcircllhist, which Envoy's gradient controller uses.
 */
final class LatencySamples {
  private static final int BINS_OF_A_POWER = 90;
  private static final int POWERS = 11;
  private final AtomicIntegerArray bins = new AtomicIntegerArray(1 + POWERS * BINS_OF_A_POWER);
  private final AtomicInteger count = new AtomicInteger();

  /** Adds one; how many there are then. */
  int add(long micros) {
    bins.incrementAndGet(bin(micros));
    return count.incrementAndGet();
  }

  boolean isEmpty() {
    return count.get() == 0;
  }

  private static int bin(long micros) {
    if (micros <= 0) {
      return 0;
    }
    int power = 0;
    long digits = micros * 10;
    while (digits >= 100) {
      digits /= 10;
      power++;
    }
    return power >= POWERS
        ? POWERS * BINS_OF_A_POWER
        : 1 + power * BINS_OF_A_POWER + (int) digits - 10;
  }

  /** The time that this share of the samples does not exceed, interpolated; 0 without samples. */
  long quantile(double share) {
    double wanted = share * total();
    double below = 0;
    double right = 0;
    for (int i = 0; i < bins.length(); i++) {
      int here = bins.get(i);
      if (here > 0) {
        double width = i == 0 ? 0 : Math.pow(10, (i - 1) / BINS_OF_A_POWER - 1);
        double left = i == 0 ? 0 : ((i - 1) % BINS_OF_A_POWER + 10) * width;
        right = left + width;
        if (below + here >= wanted) {
          return (long) (left + (wanted - below) / here * width);
        }
        below += here;
      }
    }
    return (long) right;
  }

  private long total() {
    long all = 0;
    for (int i = 0; i < bins.length(); i++) {
      all += bins.get(i);
    }
    return all;
  }
}
