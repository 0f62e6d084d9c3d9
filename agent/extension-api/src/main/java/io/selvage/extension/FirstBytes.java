package io.selvage.extension;

/**
 * Tells TLS from plaintext by what a caller sends first: a handshake record (RFC 8446 §5.1) starts
 * with 0x16 0x03, which no text protocol does. Two bytes are enough, so a slow caller costs two
 * bytes; whether the record is a ClientHello is for the TLS engine to judge, which refuses what is
 * none. Pure; any thread.
 */
public final class FirstBytes {
  private static final int HANDSHAKE = 0x16;
  private static final int MAJOR = 0x03;

  /** What the bytes are. */
  public enum Verdict {
    /** Not known yet: wait for more, or judge again when the caller has ended. */
    MORE,
    TLS,
    /** Anything else, SSL 2 and datagram TLS among it. */
    PLAIN
  }

  private FirstBytes() {}

  /**
   * Judges.
   *
   * @param first unsigned; negative = not there yet
   * @param second unsigned; negative = not there yet
   */
  public static Verdict judge(int first, int second) {
    if (first < 0) {
      return Verdict.MORE;
    }
    if (first != HANDSHAKE) {
      return Verdict.PLAIN;
    }
    if (second < 0) {
      return Verdict.MORE;
    }
    return second == MAJOR ? Verdict.TLS : Verdict.PLAIN;
  }
}
