package io.selvage.engine.balancing;

import io.selvage.engine.snapshot.CompiledCluster;
import io.selvage.engine.snapshot.Host;
import java.util.List;
import java.util.function.Predicate;

/**
 * How much of a hundred each priority gets, for its healthy and for its degraded hosts, and which
 * priorities are in panic. Source: Envoy {@code LoadBalancerBase::recalculatePerPriorityState} and
 * {@code recalculatePerPriorityPanic}; all in whole numbers, as there.
 */
record Loads(int[] healthy, int[] degraded, boolean[] panic) {
  static Loads of(CompiledCluster cluster) {
    int n = cluster.priorities().size();
    int panicBelow = (int) Math.round(cluster.cluster().locality().panicThreshold() * 100);
    int[] total = new int[n];
    int[] healthyAvailable = new int[n];
    int[] degradedAvailable = new int[n];
    boolean[] scarce = new boolean[n];
    int sum = 0;
    for (int p = 0; p < n; p++) {
      List<Host> hosts = cluster.priorities().get(p).hosts();
      total[p] = hosts.size();
      healthyAvailable[p] = available(cluster, hosts, Host::isHealthy);
      degradedAvailable[p] = available(cluster, hosts, Host::isDegraded);
      sum += healthyAvailable[p] + degradedAvailable[p];
      long usable = hosts.stream().filter(h -> h.isHealthy() || h.isDegraded()).count();
      long counted = hosts.stream().filter(h -> !h.isDraining()).count();
      scarce[p] = (counted == 0 ? 0.0 : 100.0 * usable / counted) < panicBelow;
    }
    Loads loads = new Loads(new int[n], new int[n], new boolean[n]);
    loads.share(Math.min(100, sum), healthyAvailable, degradedAvailable);
    loads.panic(Math.min(100, sum), panicBelow, scarce, total);
    return loads;
  }

  private static int available(CompiledCluster cluster, List<Host> hosts, Predicate<Host> usable) {
    long all = 0;
    long some = 0;
    for (Host host : hosts) {
      int weight = cluster.policy().weightedHealth() ? host.weight() : 1;
      all += host.isDraining() ? 0 : weight;
      some += usable.test(host) ? weight : 0;
    }
    return all == 0 ? 0 : (int) Math.min(100, cluster.policy().overprovisioning() * some / all);
  }

  private void share(int available, int[] healthyAvailable, int[] degradedAvailable) {
    if (available == 0) {
      return;
    }
    int left = fill(healthy, healthyAvailable, available, 100);
    left = fill(degraded, degradedAvailable, available, left);
    if (left == 0) {
      return;
    }
    // what rounding left over goes to the first priority that has any
    int first = first(healthyAvailable);
    if (first >= 0) {
      healthy[first] += left;
    } else {
      degraded[first(degradedAvailable)] += left;
    }
  }

  private static int fill(int[] loads, int[] available, int normalised, int from) {
    int left = from;
    for (int p = 0; p < loads.length; p++) {
      loads[p] = Math.min(left, available[p] * 100 / normalised);
      left -= loads[p];
    }
    return left;
  }

  private static int first(int[] counts) {
    for (int p = 0; p < counts.length; p++) {
      if (counts[p] > 0) {
        return p;
      }
    }
    return -1;
  }

  private void panic(int available, int panicBelow, boolean[] scarce, int[] total) {
    if (healthy.length == 0) {
      return;
    }
    if (panicBelow == 0 && available == 0) {
      healthy[0] = 100; // where nothing will be found
      return;
    }
    boolean everywhere = true;
    for (int p = 0; p < scarce.length; p++) {
      panic[p] = available < 100 && scarce[p];
      everywhere &= panic[p];
    }
    if (everywhere) {
      spreadBySize(total);
    }
  }

  private void spreadBySize(int[] total) {
    int all = 0;
    for (int count : total) {
      all += count;
    }
    int first = first(total);
    if (first < 0) {
      healthy[0] = 100;
      return;
    }
    int left = 100;
    for (int p = 0; p < total.length; p++) {
      healthy[p] = 100 * total[p] / all;
      degraded[p] = 0;
      left -= healthy[p];
    }
    healthy[first] += left;
  }
}
