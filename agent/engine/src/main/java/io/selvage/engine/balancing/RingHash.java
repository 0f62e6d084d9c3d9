package io.selvage.engine.balancing;

import io.selvage.engine.flow.Randomness;
import io.selvage.engine.model.Cluster;
import io.selvage.engine.snapshot.Host;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;

/**
 * Consistent hashing on a ring (ketama). Source: Envoy {@code RingHashLoadBalancer::Ring}, so that
 * both send a key to the same host.
 */
final class RingHash implements Algorithm {
  private record Point(long hash, Host host) {}

  private final long[] hashes;
  private final Host[] hosts;

  /** For at least one host. */
  RingHash(Shares shares, Cluster.RingHash config) {
    // every host gets a whole number of points, so that the lightest one is not rounded away
    double least = shares.least();
    double scale =
        Math.min(Math.ceil(least * config.minimumSize()) / least, (double) config.maximumSize());
    Point[] points = new Point[(int) Math.ceil(scale) + shares.hosts().size()];
    int filled = 0;
    double current = 0;
    double target = 0;
    for (int i = 0; i < shares.hosts().size(); i++) {
      Host host = shares.hosts().get(i);
      byte[] key = ConsistentHash.key(host, config.hashing());
      target += scale * shares.weights()[i];
      for (int n = 0; current < target; n++, current++) {
        points[filled++] = new Point(hash(key, n, config.function()), host);
      }
    }
    Arrays.sort(points, 0, filled, Comparator.comparing(Point::hash, Long::compareUnsigned));
    hashes = new long[filled];
    hosts = new Host[filled];
    for (int i = 0; i < filled; i++) {
      hashes[i] = points[i].hash;
      hosts[i] = points[i].host;
    }
  }

  private static long hash(byte[] key, int number, Cluster.HashFunction function) {
    byte[] digits = Integer.toString(number).getBytes(StandardCharsets.US_ASCII);
    byte[] text = Arrays.copyOf(key, key.length + 1 + digits.length);
    text[key.length] = '_';
    System.arraycopy(digits, 0, text, key.length + 1, digits.length);
    return function == Cluster.HashFunction.MURMUR_HASH_2
        ? MurmurHash2.of(text)
        : XxHash64.of(text, 0);
  }

  @Override
  public Host pick(long hash, int round, Randomness random) {
    int low = 0;
    int high = hashes.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (Long.compareUnsigned(hashes[middle], hash) < 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    int at = low == hashes.length ? 0 : low;
    return hosts[(at + round) % hashes.length];
  }
}
