package io.selvage.engine.balancing;

import io.selvage.engine.snapshot.CompiledCluster;
import io.selvage.engine.snapshot.Host;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * Hosts with their shares of a consistent hash, which sum up to 1. Source: Envoy {@code
 * ThreadAwareLoadBalancerBase}, {@code normalizeWeights}.
 */
record Shares(List<Host> hosts, double[] weights, double least, double greatest) {
  /** Of hosts of a priority, by their weights alone. */
  static Shares flat(List<Host> hosts) {
    List<Host> all = new ArrayList<>();
    List<Double> weights = new ArrayList<>();
    add(hosts, 1.0, all, weights);
    return of(all, weights);
  }

  /** Of hosts of a priority, by the weights of their localities first. */
  static Shares byLocality(List<CompiledCluster.LocalityHosts> localities, Predicate<Host> usable) {
    long sum = 0;
    for (CompiledCluster.LocalityHosts locality : localities) {
      sum += locality.weight();
    }
    List<Host> all = new ArrayList<>();
    List<Double> weights = new ArrayList<>();
    for (CompiledCluster.LocalityHosts locality : localities) {
      if (locality.weight() > 0) {
        List<Host> some = locality.hosts().stream().filter(usable).toList();
        add(some, (double) locality.weight() / sum, all, weights);
      }
    }
    return of(all, weights);
  }

  private static void add(List<Host> hosts, double share, List<Host> all, List<Double> weights) {
    long sum = 0;
    for (Host host : hosts) {
      sum += host.weight();
    }
    for (Host host : hosts) {
      all.add(host);
      weights.add(host.weight() * share / sum);
    }
  }

  private static Shares of(List<Host> hosts, List<Double> weights) {
    double least = 1.0;
    double greatest = 0.0;
    double[] all = new double[weights.size()];
    for (int i = 0; i < all.length; i++) {
      all[i] = weights.get(i);
      least = Math.min(least, all[i]);
      greatest = Math.max(greatest, all[i]);
    }
    return new Shares(List.copyOf(hosts), all, least, greatest);
  }
}
