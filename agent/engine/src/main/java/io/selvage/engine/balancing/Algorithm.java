package io.selvage.engine.balancing;

import io.selvage.engine.flow.Clock;
import io.selvage.engine.flow.Randomness;
import io.selvage.engine.model.Cluster;
import io.selvage.engine.snapshot.Host;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Chooses among hosts that may all be used. Any thread. */
interface Algorithm {
  /** For no hosts at all. */
  Algorithm NONE = (hash, round, random) -> null;

  /**
   * Chooses one; null when there is none.
   *
   * @param round counts up when an earlier choice is to be avoided
   */
  @Nullable Host pick(long hash, int round, Randomness random);

  /** The algorithm of a cluster, other than consistent hashing, over some of its hosts. */
  static Algorithm of(Cluster.Balancer balancer, List<Host> hosts, Clock clock, Randomness random) {
    Host[] all = hosts.toArray(new Host[0]);
    if (all.length == 0) {
      return NONE;
    }
    if (all.length == 1) {
      return (hash, round, chance) -> all[0];
    }
    if (balancer instanceof Cluster.LeastRequest least) {
      return new LeastRequest(all, least, clock, random);
    }
    if (balancer instanceof Cluster.Random) {
      return (hash, round, chance) -> all[chance.below(all.length)];
    }
    if (balancer instanceof Cluster.PeakEwma peak) {
      return new PeakEwma(all, peak);
    }
    Cluster.SlowStart slow =
        balancer instanceof Cluster.RoundRobin robin ? robin.slowStart() : null;
    return new RoundRobin(all, slow, clock, random);
  }

  /** Whether all hosts weigh the same. */
  static boolean equalWeights(Host[] hosts) {
    for (Host host : hosts) {
      if (host.weight() != hosts[0].weight()) {
        return false;
      }
    }
    return true;
  }
}
