package io.selvage.identity;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts handshakes that came in, and those among them whose keys a post-quantum hybrid protects,
 * by what the server's first record says (ServerHello, RFC 8446 §4.1.3): engines do not tell the
 * group that was agreed on. Any thread.
 */
public final class KeyExchanges {
  private static final int HANDSHAKE = 0x16;
  private static final int SERVER_HELLO = 2;
  private static final int RECORD_HEADER = 5;
  private static final int BEFORE_SESSION = RECORD_HEADER + 4 + 2 + 32;
  private static final int KEY_SHARE = 51;

  /** X25519MLKEM768, SecP256r1MLKEM768, SecP384r1MLKEM1024. */
  private static final int[] HYBRIDS = {0x11ec, 0x11eb, 0x11ed};

  /** Random of a HelloRetryRequest, which is no ServerHello yet (RFC 8446 §4.1.3). */
  private static final byte[] RETRY_START = {(byte) 0xcf, 0x21, (byte) 0xad, 0x74};

  private final LongAdder all = new LongAdder();
  private final LongAdder hybrid = new LongAdder();

  /** Handshakes that a server's hello has answered. */
  public long all() {
    return all.sum();
  }

  /** Those among them with a post-quantum hybrid. */
  public long hybrid() {
    return hybrid.sum();
  }

  /**
   * Takes note of what an engine wants to send.
   *
   * @return whether it was a server's hello, after which nothing more is to be learnt
   */
  boolean sends(ByteBuffer record) {
    try {
      return read(record.duplicate());
    } catch (RuntimeException cutShort) {
      return false;
    }
  }

  private boolean read(ByteBuffer in) {
    int at = in.position();
    boolean hello =
        in.remaining() > BEFORE_SESSION
            && (in.get(at) & 0xff) == HANDSHAKE
            && in.get(at + RECORD_HEADER) == SERVER_HELLO;
    if (!hello) {
      return false;
    }
    byte[] random = new byte[RETRY_START.length];
    in.position(at + RECORD_HEADER + 4 + 2);
    in.get(random);
    if (Arrays.equals(random, RETRY_START)) {
      return false;
    }
    all.increment();
    in.position(at + BEFORE_SESSION);
    int session = in.get() & 0xff;
    // suite and compression
    in.position(in.position() + session + 3);
    if (in.remaining() > 2) {
      int length = in.getShort() & 0xffff;
      extensions(in, Math.min(in.limit(), in.position() + length));
    }
    return true;
  }

  private void extensions(ByteBuffer in, int end) {
    while (in.position() + 4 <= end) {
      int type = in.getShort() & 0xffff;
      int length = in.getShort() & 0xffff;
      if (type == KEY_SHARE && length >= 2) {
        int group = in.getShort(in.position()) & 0xffff;
        if (Arrays.stream(HYBRIDS).anyMatch(h -> h == group)) {
          hybrid.increment();
        }
      }
      in.position(in.position() + length);
    }
  }
}
