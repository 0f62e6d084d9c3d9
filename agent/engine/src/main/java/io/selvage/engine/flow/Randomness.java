package io.selvage.engine.flow;

import java.util.concurrent.ThreadLocalRandom;

/**
 * Chance for the engine; injected, so that a test can script every draw.
 *
 * <p>May be called by any thread.
 */
@FunctionalInterface
public interface Randomness {
  /** 64 bits that nobody can foresee, zero excluded by nothing. */
  long nextLong();

  /** The JVM's. */
  Randomness SYSTEM = () -> ThreadLocalRandom.current().nextLong();

  /** A number from 0 to {@code bound - 1}; {@code bound} must be positive. */
  default int below(int bound) {
    return (int) ((nextLong() >>> 33) % bound);
  }

  /** A number from 0 to {@code bound - 1}; {@code bound} must be positive. */
  default long below(long bound) {
    return (nextLong() >>> 1) % bound;
  }

  /** A number in {@code [0.0, 1.0)}. */
  default double fraction() {
    return (nextLong() >>> 11) * 0x1.0p-53;
  }

  /** True in this share of the calls; never draws when the answer is certain. */
  default boolean hits(double share) {
    return share >= 1.0 || (share > 0.0 && fraction() < share);
  }
}
