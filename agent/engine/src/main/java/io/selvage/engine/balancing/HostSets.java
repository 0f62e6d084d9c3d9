package io.selvage.engine.balancing;

import io.selvage.engine.flow.Randomness;
import io.selvage.engine.model.Cluster;
import io.selvage.engine.snapshot.CompiledCluster;
import io.selvage.engine.snapshot.Host;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The hosts of a cluster as their health is now: how much of the load each priority gets, and which
 * hosts of it. Immutable; made anew when health changes. Source: Envoy {@code LoadBalancerBase}.
 */
final class HostSets {
  /** Hosts that share a load: by locality when localities are weighted. */
  private record Bucket(Algorithm algorithm, double weight) {}

  private final int version;
  private final int[] loadUpTo;
  private final @Nullable List<Bucket>[] buckets;

  @SuppressWarnings("unchecked")
  HostSets(CompiledCluster cluster) {
    version = cluster.state().healthVersion();
    int n = cluster.priorities().size();
    Loads loads = Loads.of(cluster);
    loadUpTo = new int[2 * n];
    buckets = new List[2 * n];
    int sum = 0;
    for (int p = 0; p < n; p++) {
      sum += loads.healthy()[p];
      loadUpTo[p] = sum;
      Predicate<Host> usable = loads.panic()[p] ? h -> !h.isDraining() : Host::isHealthy;
      buckets[p] = loads.healthy()[p] == 0 ? null : buckets(cluster, p, usable);
    }
    for (int p = 0; p < n; p++) {
      sum += loads.degraded()[p];
      loadUpTo[n + p] = sum;
      buckets[n + p] = loads.degraded()[p] == 0 ? null : buckets(cluster, p, Host::isDegraded);
    }
  }

  int version() {
    return version;
  }

  @Nullable Host pick(long hash, int round, Randomness random) {
    List<Bucket> chosen = bucketsOf(hash, random);
    if (chosen == null || chosen.isEmpty()) {
      return null;
    }
    Bucket bucket = chosen.size() == 1 ? chosen.get(0) : weighted(chosen, random);
    return bucket.algorithm.pick(hash, round, random);
  }

  private @Nullable List<Bucket> bucketsOf(long hash, Randomness random) {
    int total = loadUpTo.length == 0 ? 0 : loadUpTo[loadUpTo.length - 1];
    int at = -1;
    for (int i = 0; i < loadUpTo.length; i++) {
      int share = loadUpTo[i] - (i == 0 ? 0 : loadUpTo[i - 1]);
      if (share == total && share > 0) {
        return buckets[i]; // the common case: one priority has it all
      }
      if (at < 0 && share > 0) {
        // one draw, by the hash, so that a hashed request keeps its priority
        at = (int) Long.remainderUnsigned(hash, 100) * total / 100;
      }
      if (share > 0 && at < loadUpTo[i]) {
        return buckets[i];
      }
    }
    return null;
  }

  private static Bucket weighted(List<Bucket> buckets, Randomness random) {
    double total = 0;
    for (Bucket bucket : buckets) {
      total += bucket.weight;
    }
    double at = random.fraction() * total;
    for (Bucket bucket : buckets) {
      at -= bucket.weight;
      if (at < 0) {
        return bucket;
      }
    }
    return buckets.get(buckets.size() - 1);
  }

  private static List<Bucket> buckets(
      CompiledCluster cluster, int priority, Predicate<Host> usable) {
    Cluster.LocalityBalancing how = cluster.cluster().locality();
    CompiledCluster.PriorityHosts hosts = cluster.priorities().get(priority);
    List<Bucket> out = new ArrayList<>();
    if (how.weighted() && hosts.localities().stream().anyMatch(l -> l.weight() > 0)) {
      for (CompiledCluster.LocalityHosts locality : hosts.localities()) {
        List<Host> some = locality.hosts().stream().filter(usable).toList();
        if (!some.isEmpty() && locality.weight() > 0) {
          double available = (double) some.size() / locality.hosts().size();
          double weight =
              locality.weight() * Math.min(1.0, how.overprovisioningFactor() * available);
          out.add(bucket(cluster, some, weight));
        }
      }
      return out;
    }
    List<Host> some = hosts.hosts().stream().filter(usable).toList();
    if (!some.isEmpty()) {
      out.add(bucket(cluster, some, 1));
    }
    return out;
  }

  private static Bucket bucket(CompiledCluster cluster, List<Host> hosts, double weight) {
    return new Bucket(Algorithm.of(cluster.cluster().balancer(), hosts, cluster.state()), weight);
  }
}
