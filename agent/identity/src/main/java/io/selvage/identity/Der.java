package io.selvage.identity;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;

/** Writes the few ASN.1 DER forms (ITU-T X.690) that a certificate request needs. */
final class Der {
  private Der() {}

  static byte[] sequence(byte[]... parts) {
    return tagged(0x30, join(parts));
  }

  static byte[] integer(long value) {
    return tagged(0x02, BigInteger.valueOf(value).toByteArray());
  }

  /** Without unused bits. */
  static byte[] bitString(byte[] bits) {
    return tagged(0x03, join(new byte[] {0}, bits));
  }

  /** Constructed, context class. */
  static byte[] context(int number, byte[]... parts) {
    return tagged(0xa0 | number, join(parts));
  }

  /**
   * An object identifier.
   *
   * @param dotted such as {@code 1.2.840.10045.4.3.2}
   */
  static byte[] oid(String dotted) {
    String[] arcs = dotted.split("\\.");
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    base128(body, Long.parseLong(arcs[0]) * 40 + Long.parseLong(arcs[1]));
    for (int i = 2; i < arcs.length; i++) {
      base128(body, Long.parseLong(arcs[i]));
    }
    return tagged(0x06, body.toByteArray());
  }

  private static void base128(ByteArrayOutputStream out, long value) {
    int shift = 63 - Long.numberOfLeadingZeros(value | 1);
    for (int at = shift / 7 * 7; at > 0; at -= 7) {
      out.write((int) (value >> at & 0x7f | 0x80));
    }
    out.write((int) (value & 0x7f));
  }

  private static byte[] tagged(int tag, byte[] body) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(body.length + 6);
    out.write(tag);
    if (body.length < 0x80) {
      out.write(body.length);
    } else {
      byte[] length = BigInteger.valueOf(body.length).toByteArray();
      int from = length[0] == 0 ? 1 : 0;
      out.write(0x80 | (length.length - from));
      out.write(length, from, length.length - from);
    }
    out.writeBytes(body);
    return out.toByteArray();
  }

  private static byte[] join(byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }
}
