package io.selvage.engine.balancing;

import io.selvage.engine.flow.Randomness;
import io.selvage.engine.model.Cluster;
import io.selvage.engine.snapshot.CompiledCluster;
import io.selvage.engine.snapshot.Host;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The hosts of a cluster as their health is now: how much of the load each priority gets, and which
 * hosts of it. Immutable; made anew when health changes. Source: Envoy {@code LoadBalancerBase},
 * {@code ZoneAwareLoadBalancerBase} and {@code ThreadAwareLoadBalancerBase}.
 */
final class HostSets {
  private final int version;
  private final boolean hashed;
  private final int[] loadUpTo;
  private final Algorithm[] choices;

  /**
   * @param local the cluster that the caller belongs to; null = unknown
   */
  HostSets(CompiledCluster cluster, @Nullable CompiledCluster local, Makings makings) {
    version = version(cluster, local);
    hashed = ConsistentHash.isOne(cluster.cluster().balancer());
    int n = cluster.priorities().size();
    Loads loads = Loads.of(cluster);
    loadUpTo = new int[2 * n];
    choices = new Algorithm[2 * n];
    int sum = 0;
    for (int p = 0; p < n; p++) {
      sum += loads.healthy()[p];
      loadUpTo[p] = sum;
      choices[p] =
          loads.healthy()[p] == 0
              ? Algorithm.NONE
              : choice(cluster, local, p, loads.panic()[p], false, makings);
    }
    for (int p = 0; p < n; p++) {
      sum += loads.degraded()[p];
      loadUpTo[n + p] = sum;
      choices[n + p] =
          loads.degraded()[p] == 0
              ? Algorithm.NONE
              : choice(cluster, local, p, loads.panic()[p], true, makings);
    }
  }

  /** Changes whenever the hosts that may be used do. */
  static int version(CompiledCluster cluster, @Nullable CompiledCluster local) {
    return cluster.state().healthVersion() + (local == null ? 0 : local.state().healthVersion());
  }

  int version() {
    return version;
  }

  @Nullable Host pick(long hash, int round, Randomness random) {
    int total = loadUpTo.length == 0 ? 0 : loadUpTo[loadUpTo.length - 1];
    if (total == 0) {
      return null;
    }
    if (loadUpTo[0] == total) {
      return choices[0].pick(hash, round, random); // the common case: one priority has it all
    }
    // a hashed request keeps its priority
    long drawn = hashed ? hash : random.nextLong();
    int at = (int) Long.remainderUnsigned(drawn, 100);
    for (int i = 0; i < loadUpTo.length; i++) {
      if (at < loadUpTo[i]) {
        return choices[i].pick(hash, round, random);
      }
    }
    return null;
  }

  private Algorithm choice(
      CompiledCluster cluster,
      @Nullable CompiledCluster local,
      int priority,
      boolean panic,
      boolean degraded,
      Makings makings) {
    CompiledCluster.PriorityHosts hosts = cluster.priorities().get(priority);
    Cluster.LocalityBalancing how = cluster.cluster().locality();
    if (hashed) {
      // as in Envoy, consistent hashing knows no degraded hosts
      Shares shares =
          how.weighted()
              ? Shares.byLocality(
                  Zones.ordered(hosts.localities(), makings.own()), h -> panic || h.isHealthy())
              : Shares.flat(hosts.hosts().stream().filter(h -> panic || h.isHealthy()).toList());
      return ConsistentHash.of(cluster.cluster().balancer(), shares, cluster.state());
    }
    if (panic) {
      Cluster.ZoneAware zones = how.zones();
      return zones != null && zones.failOnPanic()
          ? Algorithm.NONE
          : makings.algorithm(cluster, hosts.hosts());
    }
    Algorithm byWeight = how.weighted() ? byWeight(cluster, hosts, degraded, makings) : null;
    if (byWeight != null) {
      return byWeight;
    }
    Algorithm all = makings.algorithm(cluster, usable(hosts.hosts(), degraded));
    return hosts.priority() == 0 && how.zones() != null && local != null
        ? Zones.of(cluster, local, how.zones(), all, degraded, makings)
        : all;
  }

  /** Localities in turn by weight and availability; null when none of them has any. */
  private static @Nullable Algorithm byWeight(
      CompiledCluster cluster,
      CompiledCluster.PriorityHosts hosts,
      boolean degraded,
      Makings makings) {
    List<Algorithm> algorithms = new ArrayList<>();
    List<Double> weights = new ArrayList<>();
    for (CompiledCluster.LocalityHosts locality : hosts.localities()) {
      List<Host> some = usable(locality.hosts(), degraded);
      if (!some.isEmpty() && locality.weight() > 0) {
        long counted = locality.hosts().stream().filter(h -> !h.isDraining()).count();
        double ratio = (double) some.size() / counted;
        double available = Math.min(1.0, cluster.policy().overprovisioning() / 100.0 * ratio);
        algorithms.add(makings.algorithm(cluster, some));
        weights.add(locality.weight() * available);
      }
    }
    if (algorithms.size() < 2) {
      return algorithms.isEmpty() ? null : algorithms.get(0);
    }
    Schedule turns = new Schedule(weights.stream().mapToDouble(w -> w).toArray(), makings.random());
    return (hash, round, random) -> algorithms.get(turns.next()).pick(hash, round, random);
  }

  static List<Host> usable(List<Host> hosts, boolean degraded) {
    return hosts.stream().filter(degraded ? Host::isDegraded : Host::isHealthy).toList();
  }
}
