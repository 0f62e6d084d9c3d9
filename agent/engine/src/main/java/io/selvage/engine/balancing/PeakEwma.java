package io.selvage.engine.balancing;

import io.selvage.engine.flow.Randomness;
import io.selvage.engine.model.Cluster;
import io.selvage.engine.snapshot.Host;

/**
 * The cheaper of two hosts drawn at random, by its mean latency times its load. Source: Envoy
 * {@code PeakEwmaLoadBalancer} and {@code Cost}; latencies are taken in at once instead of every
 * aggregation interval.
 */
final class PeakEwma implements Algorithm {
  private final Host[] hosts;
  private final Cluster.PeakEwma config;
  private final double defaultMillis;

  /** For at least two hosts. */
  PeakEwma(Host[] hosts, Cluster.PeakEwma config) {
    this.hosts = hosts;
    this.config = config;
    defaultMillis = config.defaultRtt().toNanos() / 1e6;
  }

  @Override
  public Host pick(long hash, int round, Randomness random) {
    int first = random.below(hosts.length);
    int second = random.below(hosts.length - 1);
    // two that differ, each pair with the same chance
    Host a = hosts[first];
    Host b = hosts[second < first ? second : second + 1];
    return cost(a) <= cost(b) ? a : b;
  }

  private double cost(Host host) {
    double latency = host.state().latencyMillis();
    int load = host.state().inFlight();
    if (latency > 0) {
      return latency * (load + 1);
    }
    // in use and never answered: probably about to fail
    return load > 0 ? config.penalty() + load : defaultMillis;
  }
}
