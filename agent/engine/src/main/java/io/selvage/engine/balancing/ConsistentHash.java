package io.selvage.engine.balancing;

import io.selvage.engine.model.Cluster;
import io.selvage.engine.snapshot.ClusterState;
import io.selvage.engine.snapshot.Host;
import java.nio.charset.StandardCharsets;

/** What the algorithms of consistent hashing have in common. */
final class ConsistentHash {
  private static final String HASH_KEY = "hash_key";

  private ConsistentHash() {}

  /** Whether a cluster's requests go where their hash says. */
  static boolean isOne(Cluster.Balancer balancer) {
    return balancer instanceof Cluster.RingHash || balancer instanceof Cluster.Maglev;
  }

  static Algorithm of(Cluster.Balancer balancer, Shares shares, ClusterState state) {
    if (shares.hosts().isEmpty()) {
      return Algorithm.NONE;
    }
    if (balancer instanceof Cluster.Maglev maglev) {
      return bounded(new Maglev(shares, maglev), shares, maglev.hashing(), state);
    }
    Cluster.RingHash ring = (Cluster.RingHash) balancer;
    return bounded(new RingHash(shares, ring), shares, ring.hashing(), state);
  }

  private static Algorithm bounded(
      Algorithm plain, Shares shares, Cluster.Hashing hashing, ClusterState state) {
    return hashing.balanceFactor() == 0
        ? plain
        : new BoundedLoad(plain, shares, hashing.balanceFactor(), state);
  }

  /** What stands for a host. Source: Envoy {@code HashingLoadBalancer::hashKey}. */
  static byte[] key(Host host, Cluster.Hashing hashing) {
    String own = host.endpoint().metadata().getOrDefault(HASH_KEY, "");
    String key = own.isEmpty() && hashing.byHostName() ? host.endpoint().hostName() : own;
    return (key.isEmpty() ? host.authority() : key).getBytes(StandardCharsets.UTF_8);
  }
}
