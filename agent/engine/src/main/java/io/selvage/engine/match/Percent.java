package io.selvage.engine.match;

/** Percent-encoding of RFC 3986 §2.1. */
final class Percent {
  private Percent() {}

  /** Whether an octet never needs encoding (§2.3). */
  static boolean isUnreserved(int octet) {
    return (octet >= 'a' && octet <= 'z')
        || (octet >= 'A' && octet <= 'Z')
        || (octet >= '0' && octet <= '9')
        || octet == '-'
        || octet == '.'
        || octet == '_'
        || octet == '~';
  }

  /**
   * The octet that two hexadecimal digits spell; -1 where there are none.
   *
   * @param at of the first digit, behind the percent sign
   */
  static int octet(String text, int at) {
    if (at + 1 >= text.length()) {
      return -1;
    }
    int high = Character.digit(text.charAt(at), 16);
    int low = Character.digit(text.charAt(at + 1), 16);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
  }
}
