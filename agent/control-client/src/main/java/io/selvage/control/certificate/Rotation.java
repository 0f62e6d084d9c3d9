package io.selvage.control.certificate;

import java.time.Duration;
import java.time.Instant;
import java.util.function.DoubleSupplier;

/**
 * When a certificate is renewed and how long to wait after a failure; pure.
 *
 * <p>Half of the lifetime, give or take a tenth, so that workloads that started together do not ask
 * together.
 */
final class Rotation {
  private static final Duration FIRST = Duration.ofSeconds(1);
  private static final Duration SOON = Duration.ofSeconds(8);
  private static final Duration LONGEST = Duration.ofSeconds(120);
  private static final int MANY = 150;
  private static final double GROWTH = 1.6;

  private final DoubleSupplier random;

  /**
   * @param random in [0, 1)
   */
  Rotation(DoubleSupplier random) {
    this.random = random;
  }

  /**
   * The moment to renew a certificate that is valid from now on; never later than a minute before
   * its end, unless it is shorter than that.
   */
  Instant renewAt(Instant now, Instant notAfter) {
    long left = Math.max(0, Duration.between(now, notAfter).toMillis());
    double part = 0.45 + 0.1 * random.getAsDouble();
    return now.plusMillis((long) (left * part));
  }

  /**
   * Full jitter: anything up to a bound that grows with each failure, at least 200 ms. For some ten
   * minutes the bound stays at 8 s, so that short certificates heal soon after their authority.
   */
  Duration afterFailure(int failures) {
    Duration longest = failures < MANY ? SOON : LONGEST;
    double bound =
        Math.min(
            longest.toMillis(), FIRST.toMillis() * Math.pow(GROWTH, Math.max(0, failures - 1)));
    return Duration.ofMillis((long) Math.max(200, bound * random.getAsDouble()));
  }
}
