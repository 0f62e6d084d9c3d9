package io.selvage.control;

import java.time.Duration;
import java.util.function.DoubleSupplier;

/**
 * Full-jitter back-off: 1 s × 1.6 each time. For the first ten minutes of an outage no wait is
 * longer than 8 s, so that agents are back within seconds of their controller; after that up to 120
 * s. Not thread-safe.
 */
final class Backoff {
  private static final double FIRST_SECONDS = 1;
  private static final double FACTOR = 1.6;
  private static final double SOON_SECONDS = 8;
  private static final double CAP_SECONDS = 120;
  private static final Duration SOON = Duration.ofMinutes(10);

  private final DoubleSupplier random;
  private double ceiling = FIRST_SECONDS;
  private double waited;

  /**
   * @param random 0.0 to 1.0
   */
  Backoff(DoubleSupplier random) {
    this.random = random;
  }

  /** The next wait. */
  Duration next() {
    double most = Math.min(ceiling, waited < SOON.toSeconds() ? SOON_SECONDS : CAP_SECONDS);
    double seconds = most * random.getAsDouble();
    ceiling = Math.min(CAP_SECONDS, ceiling * FACTOR);
    waited += seconds;
    return Duration.ofMillis((long) (seconds * 1000) + 20);
  }

  /** It worked. */
  void reset() {
    ceiling = FIRST_SECONDS;
    waited = 0;
  }
}
