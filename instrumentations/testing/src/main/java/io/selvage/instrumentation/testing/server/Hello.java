package io.selvage.instrumentation.testing.server;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A ClientHello taken apart (RFC 8446 §4.1.2), to be put together in another way. */
final class Hello {
  private static final int RANDOM_END = 34;
  private static final int RECORD_BYTES = 16_000;

  private record Extension(int type, byte[] body) {}

  private final byte[] versionAndRandom;
  private final byte[] session;
  private byte[] suites;
  private byte[] compression;
  private List<Extension> extensions = new ArrayList<>();
  private boolean extended = true;

  private Hello(ByteBuffer in) {
    versionAndRandom = take(in, RANDOM_END);
    session = take(in, in.get() & 0xff);
    suites = take(in, in.getShort() & 0xffff);
    compression = take(in, in.get() & 0xff);
    in.getShort();
    while (in.hasRemaining()) {
      int type = in.getShort() & 0xffff;
      extensions.add(new Extension(type, take(in, in.getShort() & 0xffff)));
    }
  }

  /** One record that holds a whole ClientHello. */
  static Hello of(byte[] record) {
    return new Hello(ByteBuffer.wrap(Arrays.copyOfRange(record, 9, record.length)));
  }

  private static byte[] take(ByteBuffer in, int length) {
    byte[] bytes = new byte[length];
    in.get(bytes);
    return bytes;
  }

  Hello suites(int... values) {
    ByteBuffer out = ByteBuffer.allocate(values.length * 2);
    for (int value : values) {
      out.putShort((short) value);
    }
    suites = out.array();
    return this;
  }

  Hello compression(int... values) {
    compression = ClientHellos.bytes(values);
    return this;
  }

  Hello without(int type) {
    extensions.removeIf(e -> e.type() == type);
    return this;
  }

  Hello with(int type, byte[] body) {
    without(type);
    extensions.add(0, new Extension(type, body));
    return this;
  }

  Hello twice(int type) {
    extensions.stream()
        .filter(e -> e.type() == type)
        .findFirst()
        .ifPresent(e -> extensions.add(0, e));
    return this;
  }

  Hello noExtensions() {
    extended = false;
    return this;
  }

  /** As records, of which one is enough unless it would be too long. */
  byte[] record() {
    ByteBuffer body = ByteBuffer.allocate(1 << 18);
    body.put(versionAndRandom);
    body.put((byte) session.length).put(session);
    body.putShort((short) suites.length).put(suites);
    body.put((byte) compression.length).put(compression);
    if (extended) {
      ByteBuffer list = ByteBuffer.allocate(1 << 17);
      extensions.forEach(
          e -> list.putShort((short) e.type()).putShort((short) e.body().length).put(e.body()));
      body.putShort((short) list.position()).put(list.array(), 0, list.position());
    }
    int length = body.position();
    byte[] message = new byte[4 + length];
    message[0] = 1;
    message[1] = (byte) (length >> 16);
    message[2] = (byte) (length >> 8);
    message[3] = (byte) length;
    System.arraycopy(body.array(), 0, message, 4, length);
    return ClientHellos.records(message, RECORD_BYTES);
  }
}
