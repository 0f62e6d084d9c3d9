package io.selvage.controller.resource;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Durations as Go and protobuf's JSON mapping write them: {@code 1h30m}, {@code 1.5s}, {@code
 * 250ms}, {@code 0}.
 */
public final class Durations {
  private static final Pattern WHOLE =
      Pattern.compile("[+-]?(\\d{0,12}(\\.\\d{0,9})?(ns|us|µs|ms|s|m|h)){1,8}");
  private static final Pattern PART = Pattern.compile("(\\d*(?:\\.\\d*)?)(ns|us|µs|ms|s|m|h)");

  private Durations() {}

  /** The duration, or null if {@code text} is none. Negative durations are parsed, not judged. */
  public static @Nullable Duration parse(String text) {
    if (text.equals("0")) {
      return Duration.ZERO;
    }
    if (!WHOLE.matcher(text).matches()) {
      return null;
    }
    BigDecimal nanos = BigDecimal.ZERO;
    Matcher part = PART.matcher(text);
    while (part.find()) {
      String digits = part.group(1);
      if (digits.isEmpty() || digits.equals(".")) {
        return null;
      }
      nanos = nanos.add(new BigDecimal(digits).multiply(nanosOf(part.group(2))));
    }
    // keeps the arithmetic within a long: 285 years
    if (nanos.compareTo(BigDecimal.valueOf(9_000_000_000_000_000_000L)) > 0) {
      return null;
    }
    Duration duration = Duration.ofNanos(nanos.longValue());
    return text.startsWith("-") ? duration.negated() : duration;
  }

  private static BigDecimal nanosOf(String unit) {
    return BigDecimal.valueOf(
        switch (unit) {
          case "ns" -> 1L;
          case "us", "µs" -> 1_000L;
          case "ms" -> 1_000_000L;
          case "s" -> 1_000_000_000L;
          case "m" -> 60_000_000_000L;
          default -> 3_600_000_000_000L;
        });
  }
}
