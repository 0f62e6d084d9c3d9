package io.selvage.engine.balancing;

import io.selvage.engine.flow.Randomness;
import io.selvage.engine.snapshot.Host;
import java.util.Arrays;
import java.util.Comparator;

/** Consistent hashing on a ring (ketama). Source: Envoy {@code RingHashLoadBalancer::Ring}. */
final class RingHash implements Algorithm {
  private static final long DEFAULT_MINIMUM = 1024;
  private static final long DEFAULT_MAXIMUM = 8L * 1024 * 1024;

  private record Point(long hash, Host host) {}

  private final Point[] ring;

  RingHash(Host[] hosts, long minimumSize, long maximumSize) {
    long minimum = minimumSize > 0 ? minimumSize : DEFAULT_MINIMUM;
    long maximum = maximumSize > 0 ? maximumSize : DEFAULT_MAXIMUM;
    double total = 0;
    double least = Double.MAX_VALUE;
    for (Host host : hosts) {
      total += host.weight();
      least = Math.min(least, host.weight());
    }
    // every host gets a whole number of points, so that the lightest one is not rounded away
    double leastShare = least / total;
    double scale = Math.min(Math.ceil(leastShare * minimum) / leastShare, maximum);
    int size = (int) Math.ceil(scale);
    Point[] points = new Point[size];
    int filled = 0;
    double current = 0;
    double target = 0;
    for (Host host : hosts) {
      String address = host.state().address();
      target += scale * (host.weight() / total);
      for (int i = 0; current < target && filled < size; i++, current++) {
        points[filled++] = new Point(XxHash64.of(address + "_" + i), host);
      }
    }
    ring = Arrays.copyOf(points, filled);
    Arrays.sort(ring, Comparator.comparing(Point::hash, Long::compareUnsigned));
  }

  @Override
  public Host pick(long hash, int round, Randomness random) {
    int low = 0;
    int high = ring.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (Long.compareUnsigned(ring[middle].hash, hash) < 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return ring[(low + round) % ring.length].host;
  }
}
