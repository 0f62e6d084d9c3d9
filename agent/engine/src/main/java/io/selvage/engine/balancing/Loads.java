package io.selvage.engine.balancing;

import io.selvage.engine.model.Cluster;
import io.selvage.engine.snapshot.CompiledCluster;
import io.selvage.engine.snapshot.Host;
import java.util.List;

/**
 * How much of a hundred each priority gets, for its healthy and for its degraded hosts, and which
 * priorities are in panic. Source: Envoy {@code LoadBalancerBase::recalculatePerPriorityState}.
 */
record Loads(int[] healthy, int[] degraded, boolean[] panic) {
  static Loads of(CompiledCluster cluster) {
    Cluster.LocalityBalancing how = cluster.cluster().locality();
    int n = cluster.priorities().size();
    int[] total = new int[n];
    int[] healthyHosts = new int[n];
    int[] healthyAvailable = new int[n];
    int[] degradedAvailable = new int[n];
    for (int p = 0; p < n; p++) {
      List<Host> hosts = cluster.priorities().get(p).hosts();
      // draining hosts are on their way out: they neither serve nor count as missing
      total[p] = (int) hosts.stream().filter(h -> !h.isDraining()).count();
      healthyHosts[p] = (int) hosts.stream().filter(Host::isHealthy).count();
      int degraded = (int) hosts.stream().filter(Host::isDegraded).count();
      healthyAvailable[p] = available(healthyHosts[p], total[p], how);
      degradedAvailable[p] = available(degraded, total[p], how);
    }
    return shared(how, total, healthyHosts, healthyAvailable, degradedAvailable);
  }

  private static Loads shared(
      Cluster.LocalityBalancing how,
      int[] total,
      int[] healthyHosts,
      int[] healthyAvailable,
      int[] degradedAvailable) {
    int n = total.length;
    int sum = 0;
    for (int p = 0; p < n; p++) {
      sum += healthyAvailable[p] + degradedAvailable[p];
    }
    int normalised = Math.min(100, sum);
    Loads loads = new Loads(new int[n], new int[n], new boolean[n]);
    boolean allInPanic = n > 0;
    for (int p = 0; p < n; p++) {
      double healthy = total[p] == 0 ? 0 : (double) healthyHosts[p] / total[p];
      loads.panic[p] = normalised < 100 && healthy < how.panicThreshold();
      allInPanic &= loads.panic[p] || total[p] == 0;
    }
    if (allInPanic) {
      spreadBySize(loads.healthy, total);
      return loads;
    }
    int left = fill(loads.healthy, healthyAvailable, normalised, 100);
    left = fill(loads.degraded, degradedAvailable, normalised, left);
    // what rounding left over goes to the first priority that serves at all
    for (int p = 0; p < n && left > 0; p++) {
      if (loads.healthy[p] > 0 || loads.panic[p]) {
        loads.healthy[p] += left;
        left = 0;
      }
    }
    return loads;
  }

  private static int available(int usable, int total, Cluster.LocalityBalancing how) {
    return total == 0
        ? 0
        : (int) Math.min(100, how.overprovisioningFactor() * 100 * usable / total);
  }

  private static int fill(int[] loads, int[] available, int normalised, int from) {
    int left = from;
    for (int p = 0; p < loads.length && normalised > 0; p++) {
      loads[p] = Math.min(left, available[p] * 100 / normalised);
      left -= loads[p];
    }
    return left;
  }

  private static void spreadBySize(int[] loads, int[] total) {
    int all = 0;
    for (int count : total) {
      all += count;
    }
    int left = 100;
    int first = -1;
    for (int p = 0; p < total.length && all > 0; p++) {
      loads[p] = 100 * total[p] / all;
      left -= loads[p];
      first = first < 0 && total[p] > 0 ? p : first;
    }
    if (first >= 0) {
      loads[first] += left;
    }
  }
}
