package io.selvage.engine.balancing;

import io.selvage.engine.flow.Randomness;
import io.selvage.engine.model.Cluster;
import io.selvage.engine.snapshot.Host;
import java.util.Arrays;
import java.util.Comparator;

/**
 * Consistent hashing by a lookup table. Source: Envoy {@code MaglevTable}, so that both send a key
 * to the same host.
 */
final class Maglev implements Algorithm {
  private record Entry(byte[] key, Host host, double weight) {}

  private final Host[] table;

  /** For at least one host. */
  Maglev(Shares shares, Cluster.Maglev config) {
    int size = (int) config.tableSize();
    table = new Host[size];
    int n = shares.hosts().size();
    Entry[] entries = new Entry[n];
    for (int i = 0; i < n; i++) {
      Host host = shares.hosts().get(i);
      entries[i] = new Entry(ConsistentHash.key(host, config.hashing()), host, shares.weights()[i]);
    }
    // the order in which hosts take their places must not depend on the order of their arrival
    Arrays.sort(entries, Comparator.comparing(Entry::key, Arrays::compareUnsigned));
    long[] offset = new long[n];
    long[] skip = new long[n];
    for (int i = 0; i < n; i++) {
      offset[i] = Long.remainderUnsigned(XxHash64.of(entries[i].key, 0), size);
      skip[i] = Long.remainderUnsigned(XxHash64.of(entries[i].key, 1), size - 1L) + 1;
    }
    fill(entries, offset, skip, shares.greatest());
  }

  private void fill(Entry[] entries, long[] offset, long[] skip, double greatest) {
    int size = table.length;
    long[] next = new long[entries.length];
    double[] target = new double[entries.length];
    int filled = 0;
    for (long turn = 1; filled < size; turn++) {
      for (int i = 0; i < entries.length && filled < size; i++) {
        // lighter hosts sit rounds out
        if (turn * entries[i].weight < target[i]) {
          continue;
        }
        target[i] += greatest;
        int at = (int) ((offset[i] + skip[i] * next[i]) % size);
        while (table[at] != null) {
          next[i]++;
          at = (int) ((offset[i] + skip[i] * next[i]) % size);
        }
        table[at] = entries[i].host;
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
