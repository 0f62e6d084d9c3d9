package io.selvage.engine.balancing;

/**
 * MurmurHash2 of 64 bits, the other hash of Envoy's rings. Source: the algorithm's author
 * (https://github.com/aappleby/smhasher, {@code MurmurHash64A}), with the seed of libstdc++.
 */
final class MurmurHash2 {
  private static final long SEED = 0xc70f6907L;
  private static final long M = 0xc6a4a7935bd1e995L;

  private MurmurHash2() {}

  static long of(byte[] data) {
    long hash = SEED ^ (data.length * M);
    int whole = data.length & ~7;
    for (int at = 0; at < whole; at += 8) {
      hash = (hash ^ mixed(word(data, at, 8) * M) * M) * M;
    }
    if (whole < data.length) {
      hash = (hash ^ word(data, whole, data.length - whole)) * M;
    }
    return mixed(mixed(hash) * M);
  }

  private static long mixed(long value) {
    return value ^ (value >>> 47);
  }

  private static long word(byte[] data, int at, int length) {
    long word = 0;
    for (int i = length - 1; i >= 0; i--) {
      word = (word << 8) | (data[at + i] & 0xffL);
    }
    return word;
  }
}
