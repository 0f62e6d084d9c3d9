package io.selvage.engine.balancing;

import io.selvage.engine.flow.Randomness;
import io.selvage.engine.snapshot.Host;
import java.nio.charset.StandardCharsets;

/** Consistent hashing by a lookup table. Source: Envoy {@code OriginalMaglevTable}. */
final class Maglev implements Algorithm {
  private static final int DEFAULT_SIZE = 65_537;

  private final Host[] table;

  Maglev(Host[] hosts, long tableSize) {
    int size = tableSize > 0 ? (int) Math.min(tableSize, 5_000_011) : DEFAULT_SIZE;
    table = new Host[size];
    long[] offset = new long[hosts.length];
    long[] skip = new long[hosts.length];
    long[] next = new long[hosts.length];
    double greatest = 0;
    for (int i = 0; i < hosts.length; i++) {
      byte[] key = hosts[i].state().address().getBytes(StandardCharsets.UTF_8);
      offset[i] = Long.remainderUnsigned(XxHash64.of(key, 0), size);
      skip[i] = Long.remainderUnsigned(XxHash64.of(key, 1), size - 1L) + 1;
      greatest = Math.max(greatest, hosts[i].weight());
    }
    double[] target = new double[hosts.length];
    int filled = 0;
    for (long turn = 1; filled < size; turn++) {
      for (int i = 0; i < hosts.length && filled < size; i++) {
        // lighter hosts sit rounds out
        if (turn * hosts[i].weight() < target[i]) {
          continue;
        }
        target[i] += greatest;
        int at = (int) ((offset[i] + skip[i] * next[i]) % size);
        while (table[at] != null) {
          next[i]++;
          at = (int) ((offset[i] + skip[i] * next[i]) % size);
        }
        table[at] = hosts[i];
        next[i]++;
        filled++;
      }
    }
  }

  @Override
  public Host pick(long hash, int round, Randomness random) {
    // a choice that is to be avoided is made anew with a hash that depends on the round alone
    long again = round == 0 ? hash : hash ^ ~(round - 1L);
    return table[(int) Long.remainderUnsigned(again, table.length)];
  }
}
