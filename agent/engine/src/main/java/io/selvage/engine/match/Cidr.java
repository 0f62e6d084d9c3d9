package io.selvage.engine.match;

import io.selvage.engine.model.CidrRange;
import java.net.InetAddress;
import java.net.UnknownHostException;
import org.jspecify.annotations.Nullable;

/** A compiled {@link CidrRange}; IPv4 addresses inside IPv6 are taken as IPv4. */
public final class Cidr {
  private final byte[] prefix;
  private final int bits;

  private Cidr(byte[] prefix, int bits) {
    this.prefix = prefix;
    this.bits = bits;
  }

  /**
   * Compiles a range.
   *
   * @throws IllegalArgumentException when the address is none or the prefix too long
   */
  public static Cidr of(CidrRange range) {
    byte[] address = parse(range.address());
    if (address == null) {
      throw new IllegalArgumentException("not an IP address: " + range.address());
    }
    if (range.prefixLength() < 0 || range.prefixLength() > address.length * 8) {
      throw new IllegalArgumentException(
          "prefix length " + range.prefixLength() + " does not fit " + range.address());
    }
    return new Cidr(address, range.prefixLength());
  }

  /** Whether an address in text is inside; false when it is none. */
  public boolean contains(String text) {
    byte[] address = parse(text);
    if (address == null || address.length != prefix.length) {
      return false;
    }
    int whole = bits / 8;
    for (int i = 0; i < whole; i++) {
      if (address[i] != prefix[i]) {
        return false;
      }
    }
    int rest = bits % 8;
    return rest == 0 || ((address[whole] ^ prefix[whole]) & 0xff) >>> (8 - rest) == 0;
  }

  /**
   * The network of an address as {@code address/prefix}; null when the text is no address.
   *
   * @param v4 prefix length of IPv4 addresses
   * @param v6 prefix length of IPv6 addresses
   */
  public static @Nullable String network(String text, int v4, int v6) {
    byte[] address = parse(text);
    if (address == null) {
      return null;
    }
    int bits = Math.min(address.length == 4 ? v4 : v6, address.length * 8);
    for (int i = 0; i < address.length; i++) {
      int kept = Math.max(0, Math.min(8, bits - i * 8));
      address[i] &= (byte) (0xff << (8 - kept));
    }
    try {
      return InetAddress.getByAddress(address).getHostAddress() + "/" + bits;
    } catch (UnknownHostException neverOfAnAddress) {
      return null;
    }
  }

  /** Whether a text is an IP address rather than a name. */
  public static boolean isAddress(String text) {
    return parse(text) != null;
  }

  private static byte @Nullable [] parse(String text) {
    if (text.indexOf(':') >= 0) {
      return v6(text);
    }
    byte[] out = new byte[4];
    int part = 0;
    int value = -1;
    for (int i = 0; i <= text.length(); i++) {
      char c = i == text.length() ? '.' : text.charAt(i);
      if (c == '.') {
        if (value < 0 || part > 3) {
          return null;
        }
        out[part++] = (byte) value;
        value = -1;
      } else if (c >= '0' && c <= '9') {
        value = Math.max(value, 0) * 10 + (c - '0');
        if (value > 255) {
          return null;
        }
      } else {
        return null;
      }
    }
    return part == 4 ? out : null;
  }

  private static byte @Nullable [] v6(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.digit(text.charAt(i), 16) < 0 && ":.[]".indexOf(text.charAt(i)) < 0) {
        return null;
      }
    }
    try {
      // a text with a colon is parsed, never asked of a name service
      return InetAddress.getByName(text).getAddress();
    } catch (UnknownHostException notAnAddress) {
      return null;
    }
  }
}
