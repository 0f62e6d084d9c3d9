package io.selvage.engine.resilience;

import io.selvage.engine.match.Decimal;

/** Times in headers. */
final class Millis {
  private Millis() {}

  /** A number of milliseconds; -1 when the text is none. */
  static long of(String text) {
    return Decimal.of(text, 12);
  }

  /**
   * Nanoseconds of a {@code grpc-timeout}; -1 when the text is none. Source: gRPC over HTTP/2: at
   * most 8 digits and a unit.
   */
  static long grpcNanos(String text) {
    int last = text.length() - 1;
    long value = last < 1 || last > 8 ? -1 : of(text.substring(0, last));
    if (value < 0) {
      return -1;
    }
    return switch (text.charAt(last)) {
      case 'H' -> value * 3_600_000_000_000L;
      case 'M' -> value * 60_000_000_000L;
      case 'S' -> value * 1_000_000_000L;
      case 'm' -> value * 1_000_000L;
      case 'u' -> value * 1_000L;
      case 'n' -> value;
      default -> -1;
    };
  }
}
