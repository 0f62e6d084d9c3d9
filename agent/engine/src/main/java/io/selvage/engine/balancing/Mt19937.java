package io.selvage.engine.balancing;

/**
 * The Mersenne Twister, which C++ calls {@code std::mt19937}: a sequence that follows from its
 * seed. Source: Matsumoto and Nishimura, 1998.
 */
final class Mt19937 {
  private static final int SIZE = 624;
  private static final int MIDDLE = 397;

  private final int[] state = new int[SIZE];
  private int next = SIZE;

  Mt19937(int seed) {
    state[0] = seed;
    for (int i = 1; i < SIZE; i++) {
      state[i] = 1_812_433_253 * (state[i - 1] ^ (state[i - 1] >>> 30)) + i;
    }
  }

  /** 32 bits, unsigned. */
  long next() {
    if (next == SIZE) {
      twist();
    }
    int y = state[next++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    y ^= y >>> 18;
    return y & 0xffffffffL;
  }

  /** A number from 0 to {@code bound - 1}, each as likely; the way Envoy draws it. */
  int below(int bound) {
    long width = (1L << 32) / bound;
    long drawn = bound;
    while (drawn >= bound) {
      drawn = next() / width;
    }
    return (int) drawn;
  }

  private void twist() {
    for (int i = 0; i < SIZE; i++) {
      int bits = (state[i] & 0x80000000) | (state[(i + 1) % SIZE] & 0x7fffffff);
      int value = state[(i + MIDDLE) % SIZE] ^ (bits >>> 1);
      state[i] = (bits & 1) == 0 ? value : value ^ 0x9908b0df;
    }
    next = 0;
  }
}
