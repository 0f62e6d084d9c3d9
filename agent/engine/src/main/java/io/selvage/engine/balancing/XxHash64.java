package io.selvage.engine.balancing;

import java.nio.charset.StandardCharsets;

/**
 * xxHash64, which Envoy's consistent hashing goes by. Source: the algorithm's specification
 * (https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md).
 */
final class XxHash64 {
  private static final long P1 = 0x9E3779B185EBCA87L;
  private static final long P2 = 0xC2B2AE3D27D4EB4FL;
  private static final long P3 = 0x165667B19E3779F9L;
  private static final long P4 = 0x85EBCA77C2B2AE63L;
  private static final long P5 = 0x27D4EB2F165667C5L;

  private XxHash64() {}

  /** Of a text in UTF-8, seed 0. */
  static long of(String text) {
    return of(text.getBytes(StandardCharsets.UTF_8), 0);
  }

  static long of(byte[] data, long seed) {
    int at = 0;
    long hash;
    if (data.length >= 32) {
      long a = seed + P1 + P2;
      long b = seed + P2;
      long c = seed;
      long d = seed - P1;
      for (; at + 32 <= data.length; at += 32) {
        a = round(a, word(data, at));
        b = round(b, word(data, at + 8));
        c = round(c, word(data, at + 16));
        d = round(d, word(data, at + 24));
      }
      hash =
          Long.rotateLeft(a, 1)
              + Long.rotateLeft(b, 7)
              + Long.rotateLeft(c, 12)
              + Long.rotateLeft(d, 18);
      hash = merge(merge(merge(merge(hash, a), b), c), d);
    } else {
      hash = seed + P5;
    }
    return avalanche(tail(hash + data.length, data, at));
  }

  private static long tail(long start, byte[] data, int from) {
    long hash = start;
    int at = from;
    for (; at + 8 <= data.length; at += 8) {
      hash = Long.rotateLeft(hash ^ round(0, word(data, at)), 27) * P1 + P4;
    }
    if (at + 4 <= data.length) {
      hash = Long.rotateLeft(hash ^ (half(data, at) * P1), 23) * P2 + P3;
      at += 4;
    }
    for (; at < data.length; at++) {
      hash = Long.rotateLeft(hash ^ ((data[at] & 0xffL) * P5), 11) * P1;
    }
    return hash;
  }

  private static long round(long lane, long input) {
    return Long.rotateLeft(lane + input * P2, 31) * P1;
  }

  private static long merge(long hash, long lane) {
    return (hash ^ round(0, lane)) * P1 + P4;
  }

  private static long avalanche(long value) {
    long hash = value;
    hash = (hash ^ (hash >>> 33)) * P2;
    hash = (hash ^ (hash >>> 29)) * P3;
    return hash ^ (hash >>> 32);
  }

  private static long word(byte[] data, int at) {
    return half(data, at) | (half(data, at + 4) << 32);
  }

  private static long half(byte[] data, int at) {
    return (data[at] & 0xffL)
        | (data[at + 1] & 0xffL) << 8
        | (data[at + 2] & 0xffL) << 16
        | (data[at + 3] & 0xffL) << 24;
  }
}
