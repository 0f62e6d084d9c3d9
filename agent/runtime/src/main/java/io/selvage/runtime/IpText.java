package io.selvage.runtime;

import java.net.InetAddress;
import java.net.UnknownHostException;
import org.jspecify.annotations.Nullable;

/** IP addresses in text, read without asking a resolver. */
final class IpText {
  private IpText() {}

  /** 4 or 16 bytes; null when the text is no address. */
  static byte @Nullable [] parse(String text) {
    if (text.indexOf(':') >= 0) {
      return v6(text);
    }
    String[] parts = text.split("\\.", -1);
    if (parts.length != 4) {
      return null;
    }
    byte[] address = new byte[4];
    for (int i = 0; i < 4; i++) {
      if (parts[i].isEmpty()
          || parts[i].length() > 3
          || !parts[i].chars().allMatch(c -> c >= '0' && c <= '9')) {
        return null;
      }
      int value = Integer.parseInt(parts[i]);
      if (value > 255) {
        return null;
      }
      address[i] = (byte) value;
    }
    return address;
  }

  private static byte @Nullable [] v6(String text) {
    int gap = text.indexOf("::");
    String[] left = words(gap < 0 ? text : text.substring(0, gap));
    String[] right = gap < 0 ? new String[0] : words(text.substring(gap + 2));
    int given = left.length + right.length;
    if (gap < 0 ? given != 8 : given > 7) {
      return null;
    }
    byte[] address = new byte[16];
    return fill(address, 0, left) && fill(address, 8 - right.length, right) ? address : null;
  }

  private static String[] words(String text) {
    return text.isEmpty() ? new String[0] : text.split(":", -1);
  }

  private static boolean fill(byte[] address, int from, String[] words) {
    for (int i = 0; i < words.length; i++) {
      if (words[i].isEmpty() || words[i].length() > 4) {
        return false;
      }
      try {
        int value = Integer.parseInt(words[i], 16);
        if (value < 0) {
          return false;
        }
        address[2 * (from + i)] = (byte) (value >> 8);
        address[2 * (from + i) + 1] = (byte) value;
      } catch (NumberFormatException notHex) {
        return false;
      }
    }
    return true;
  }

  /** As {@link InetAddress#getHostAddress} prints it. */
  static String print(byte[] address) {
    try {
      return InetAddress.getByAddress(address).getHostAddress();
    } catch (UnknownHostException impossible) {
      throw new IllegalStateException(impossible);
    }
  }
}
