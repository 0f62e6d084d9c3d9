package io.selvage.controller.ca;

import java.nio.file.Path;
import java.time.Duration;

/**
 * How the authority is set up.
 *
 * @param place where its certificates and keys are
 * @param trustDomain of every identity it signs
 * @param createMissing whether an empty folder is filled with a new root and intermediate
 * @param defaultValidity of a leaf when the request names none
 * @param maxValidity the longest leaf; longer wishes are cut to it
 */
public record CaSettings(
    AuthorityPlace place,
    String trustDomain,
    boolean createMissing,
    Duration defaultValidity,
    Duration maxValidity) {
  /** The shortest leaf; shorter wishes are raised to it. */
  public static final Duration MIN_VALIDITY = Duration.ofSeconds(30);

  /** Refuses lifetimes out of order. */
  public CaSettings {
    if (defaultValidity.compareTo(MIN_VALIDITY) < 0 || maxValidity.compareTo(defaultValidity) < 0) {
      throw new IllegalArgumentException(
          "want 30 s <= default <= max, found " + defaultValidity + " and " + maxValidity);
    }
  }

  /** One hour by default, at most 24 hours, created when missing. */
  public static CaSettings dev(Path folder, String trustDomain) {
    return new CaSettings(
        AuthorityPlace.in(folder), trustDomain, true, Duration.ofHours(1), Duration.ofHours(24));
  }

  Duration bounded(Duration asked) {
    if (asked.isZero() || asked.isNegative()) {
      return defaultValidity;
    }
    if (asked.compareTo(MIN_VALIDITY) < 0) {
      return MIN_VALIDITY;
    }
    return asked.compareTo(maxValidity) > 0 ? maxValidity : asked;
  }
}
