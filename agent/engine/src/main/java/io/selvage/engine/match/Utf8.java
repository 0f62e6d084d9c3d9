package io.selvage.engine.match;

import java.nio.charset.StandardCharsets;

/**
 * Texts whose characters are octets, read as UTF-8 (RFC 3629): as it must be read, and as careless
 * decoders read it.
 */
final class Utf8 {
  private static final int CONTINUED = 0x80;

  private Utf8() {}

  /** Whether there is anything but ASCII. */
  static boolean hasHighOctets(String octets) {
    for (int i = 0; i < octets.length(); i++) {
      if (octets.charAt(i) >= CONTINUED) {
        return true;
      }
    }
    return false;
  }

  /** What is malformed becomes U+FFFD, as in Java's own decoders. */
  static String strict(String octets) {
    return new String(octets.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
  }

  /** Overlong forms are taken for the character that they spell; the rest stays as it is. */
  static String overlong(String octets) {
    StringBuilder out = new StringBuilder(octets.length());
    for (int i = 0; i < octets.length(); ) {
      int lead = octets.charAt(i);
      int length = lead < 0xc0 || lead > 0xfd ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
      length = lead >= 0xfc && lead <= 0xfd ? 5 : lead >= 0xf8 && lead <= 0xfb ? 4 : length;
      int value = value(octets, i, lead, length);
      if (length == 0 || value < 0 || value > Character.MAX_CODE_POINT) {
        out.append((char) lead);
        i++;
      } else {
        out.appendCodePoint(value);
        i += length + 1;
      }
    }
    return out.toString();
  }

  private static int value(String octets, int at, int lead, int length) {
    int value = lead & (0x7f >> (length + 1));
    for (int i = 1; i <= length; i++) {
      if (at + i >= octets.length() || (octets.charAt(at + i) & 0xff00) != 0) {
        return -1;
      }
      int next = octets.charAt(at + i);
      if ((next & 0xc0) != CONTINUED) {
        return -1;
      }
      value = value << 6 | next & 0x3f;
    }
    return value;
  }
}
