package io.selvage.engine.match;

import org.jspecify.annotations.Nullable;

/** Numbers in headers: decimal digits and nothing else. */
public final class Decimal {
  private Decimal() {}

  /**
   * The number that a text writes; -1 when it is absent, empty, longer or anything but digits.
   *
   * @param text null = absent
   * @param mostDigits at most 18, so that it cannot overflow
   */
  public static long of(@Nullable String text, int mostDigits) {
    if (text == null || text.isEmpty() || text.length() > mostDigits) {
      return -1;
    }
    long value = 0;
    for (int i = 0; i < text.length(); i++) {
      int digit = text.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      value = value * 10 + digit;
    }
    return value;
  }
}
