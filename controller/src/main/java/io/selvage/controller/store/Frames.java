package io.selvage.controller.store;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * Framing of records in a file: length, checksum of the length, checksum of the payload, payload.
 * The length has its own checksum so that a damaged length is not taken for the end of the file.
 */
final class Frames {
  static final int HEADER_BYTES = 12;

  /** A record is one object; 16 MiB is far above the request limit. */
  static final int MAX_PAYLOAD_BYTES = 16 << 20;

  /**
   * What a file holds.
   *
   * @param goodBytes length of the prefix that is whole
   * @param damagedMiddle whether a whole record follows the first bad byte: records were lost
   */
  record Read(List<byte[]> payloads, int goodBytes, boolean damagedMiddle) {}

  private Frames() {}

  static ByteBuffer encode(byte[] payload) {
    ByteBuffer frame = ByteBuffer.allocate(HEADER_BYTES + payload.length);
    frame.putInt(payload.length);
    frame.putInt(lengthSum(payload.length));
    frame.putInt(sum(payload, 0, payload.length));
    frame.put(payload);
    return frame.flip();
  }

  static Read decode(byte[] file) {
    List<byte[]> payloads = new ArrayList<>();
    int at = 0;
    while (at < file.length) {
      int end = wholeFrameEnd(file, at);
      if (end < 0) {
        return new Read(payloads, at, anyFrameAfter(file, at + 1));
      }
      payloads.add(java.util.Arrays.copyOfRange(file, at + HEADER_BYTES, end));
      at = end;
    }
    return new Read(payloads, at, false);
  }

  /** End offset of the whole frame at {@code at}; -1 if there is none. */
  private static int wholeFrameEnd(byte[] file, int at) {
    if (file.length - at < HEADER_BYTES) {
      return -1;
    }
    ByteBuffer header = ByteBuffer.wrap(file, at, HEADER_BYTES);
    int length = header.getInt();
    boolean headerGood =
        length > 0 && length <= MAX_PAYLOAD_BYTES && header.getInt() == lengthSum(length);
    if (!headerGood || length > file.length - at - HEADER_BYTES) {
      return -1;
    }
    return header.getInt() == sum(file, at + HEADER_BYTES, length)
        ? at + HEADER_BYTES + length
        : -1;
  }

  private static boolean anyFrameAfter(byte[] file, int from) {
    for (int at = from; at <= file.length - HEADER_BYTES; at++) {
      if (wholeFrameEnd(file, at) > 0) {
        return true;
      }
    }
    return false;
  }

  private static int lengthSum(int length) {
    CRC32C crc = new CRC32C();
    crc.update(ByteBuffer.allocate(4).putInt(length).flip());
    return (int) crc.getValue();
  }

  private static int sum(byte[] bytes, int offset, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, offset, length);
    return (int) crc.getValue();
  }
}
