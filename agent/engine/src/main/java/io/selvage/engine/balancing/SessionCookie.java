package io.selvage.engine.balancing;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a session's cookie holds: an address and the second after which it is void, as the bytes of
 * Envoy's message {@code envoy.Cookie}, so that both understand each other's. Source: Envoy {@code
 * CookieBasedSessionStateFactory}.
 */
final class SessionCookie {
  private static final int ADDRESS = 1 << 3 | 2;
  private static final int EXPIRES = 2 << 3;
  private static final int LONGEST = 1_024;

  private SessionCookie() {}

  /**
   * Writes one.
   *
   * @param expires seconds since 1970; 0 = never
   */
  static String write(String address, long expires) {
    byte[] text = address.getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(ADDRESS);
    number(out, text.length);
    out.write(text, 0, text.length);
    if (expires > 0) {
      out.write(EXPIRES);
      number(out, expires);
    }
    return Base64.getEncoder().encodeToString(out.toByteArray());
  }

  /** The address; null when there is none or it is void. */
  static @Nullable String read(String value, long nowSeconds) {
    byte[] data = decoded(value);
    if (data == null || data.length == 0) {
      return null;
    }
    try {
      Reader reader = new Reader(data);
      boolean isVoid = reader.expires < 0 || (reader.expires > 0 && nowSeconds > reader.expires);
      return reader.address.isEmpty() || isVoid ? null : reader.address;
    } catch (IndexOutOfBoundsException older) {
      // no such message: before there was one, the address was written down as it is
      return new String(data, StandardCharsets.UTF_8);
    }
  }

  /** The bytes of a text in base64, with its padding; null when it is none. */
  static byte @Nullable [] decoded(String value) {
    if (value.isEmpty() || value.length() > LONGEST || value.length() % 4 != 0) {
      return null;
    }
    try {
      return Base64.getDecoder().decode(value);
    } catch (IllegalArgumentException another) {
      return null;
    }
  }

  private static void number(ByteArrayOutputStream out, long value) {
    long rest = value;
    while (rest > 0x7f) {
      out.write((int) (rest & 0x7f | 0x80));
      rest >>>= 7;
    }
    out.write((int) rest);
  }

  /** Reads a message; fields that are not known are passed over, as Protocol Buffers say. */
  private static final class Reader {
    private final byte[] data;
    private int at;
    private String address = "";
    private long expires;

    /** Throws {@link IndexOutOfBoundsException} when the bytes are no message. */
    Reader(byte[] data) {
      this.data = data;
      while (at < data.length) {
        field(number());
      }
    }

    private void field(long key) {
      if (key >>> 3 == 0) {
        throw new IndexOutOfBoundsException("field 0");
      }
      switch ((int) (key & 7)) {
        case 0 -> {
          long value = number();
          expires = key == EXPIRES ? value : expires;
        }
        case 1 -> skip(8);
        case 2 -> {
          int length = Math.toIntExact(Math.min(Math.max(number(), -1), Integer.MAX_VALUE));
          int from = at;
          skip(length);
          address =
              key == ADDRESS ? new String(data, from, length, StandardCharsets.UTF_8) : address;
        }
        case 5 -> skip(4);
        default -> throw new IndexOutOfBoundsException("wire type " + (key & 7));
      }
    }

    private void skip(int length) {
      at += Objects.checkFromIndexSize(0, length, data.length - at) + length;
    }

    private long number() {
      long value = 0;
      for (int shift = 0; shift < 64; shift += 7) {
        byte next = data[Objects.checkIndex(at++, data.length)];
        value |= (next & 0x7fL) << shift;
        if (next >= 0) {
          return value;
        }
      }
      throw new IndexOutOfBoundsException("a number of more than 64 bits");
    }
  }
}
