package io.selvage.engine.balancing;

import io.selvage.engine.flow.Randomness;
import io.selvage.engine.model.Cluster;
import io.selvage.engine.snapshot.ClusterState;
import io.selvage.engine.snapshot.Host;
import java.util.List;

/** Chooses among hosts that may all be used. Any thread. */
interface Algorithm {
  /**
   * Chooses one.
   *
   * @param round counts up when an earlier choice is to be avoided
   */
  Host pick(long hash, int round, Randomness random);

  /** The algorithm of a cluster over some of its hosts; at least one. */
  static Algorithm of(Cluster.Balancer balancer, List<Host> hosts, ClusterState state) {
    Host[] all = hosts.toArray(new Host[0]);
    if (all.length == 1) {
      return (hash, round, random) -> all[0];
    }
    if (balancer instanceof Cluster.LeastRequest least) {
      return new LeastRequest(all, least.choices());
    }
    if (balancer instanceof Cluster.Random) {
      return (hash, round, random) -> all[random.below(all.length)];
    }
    if (balancer instanceof Cluster.RingHash ring) {
      return new RingHash(all, ring.minimumSize(), ring.maximumSize());
    }
    if (balancer instanceof Cluster.Maglev maglev) {
      return new Maglev(all, maglev.tableSize());
    }
    return new RoundRobin(all, state);
  }
}
