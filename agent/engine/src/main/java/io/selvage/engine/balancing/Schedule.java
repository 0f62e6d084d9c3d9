package io.selvage.engine.balancing;

import io.selvage.engine.flow.Randomness;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Turns by weights that stay, in the order in which {@link Edf} would give them.
 *
 * <p>Whole weights repeat after as many picks as they sum up to, so that the turns are written down
 * once and a counter runs over them without a lock; where that would be long, {@link Edf} itself
 * decides.
 */
final class Schedule {
  private static final int LONGEST = 8_192;

  private final int @Nullable [] turns;
  private final AtomicInteger next;
  private final double[] weights;
  private final @Nullable Edf edf;

  /** For weights that are greater than 0; at least one. */
  Schedule(double[] weights, Randomness random) {
    this.weights = weights;
    int length = cycle(weights);
    int start = random.below(length > 0 ? length : 4 * weights.length);
    next = new AtomicInteger(start);
    if (length == 0) {
      turns = null;
      edf = new Edf(weights.length, i -> weights[i], start);
      return;
    }
    edf = null;
    turns = new int[length];
    Edf order = new Edf(weights.length, i -> weights[i], 0);
    for (int i = 0; i < length; i++) {
      turns[i] = order.pick(e -> weights[e]);
    }
  }

  /** Index of the weight whose turn it is. */
  int next() {
    if (edf != null) {
      return edf.pick(i -> weights[i]);
    }
    int[] all = Objects.requireNonNull(turns);
    return all[Integer.remainderUnsigned(next.getAndIncrement(), all.length)];
  }

  /** After how many picks the order begins anew; 0 = too many, or never. */
  private static int cycle(double[] weights) {
    long divisor = 0;
    double sum = 0;
    for (double weight : weights) {
      if (weight != Math.rint(weight) || weight > Integer.MAX_VALUE) {
        return 0;
      }
      sum += weight;
      divisor = gcd((long) weight, divisor);
    }
    double length = sum / divisor;
    return length <= LONGEST ? (int) length : 0;
  }

  private static long gcd(long a, long b) {
    return b == 0 ? a : gcd(b, a % b);
  }
}
