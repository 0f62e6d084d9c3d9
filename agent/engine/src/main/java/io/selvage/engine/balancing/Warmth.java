package io.selvage.engine.balancing;

import io.selvage.engine.flow.Clock;
import io.selvage.engine.flow.Randomness;
import io.selvage.engine.model.Cluster;
import io.selvage.engine.snapshot.Host;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * Endpoints that get their share by and by. Source: Envoy {@code
 * EdfLoadBalancerBase::applySlowStartFactor}; an endpoint's window begins when it is first seen
 * healthy.
 */
final class Warmth {
  private final Host[] hosts;
  private final Cluster.SlowStart config;
  private final Clock clock;
  private final ToDoubleFunction<Host> weight;
  private final long windowNanos;
  private final long newestNanos;
  private final Edf order;

  private Warmth(
      Host[] hosts,
      Cluster.SlowStart config,
      Clock clock,
      Randomness random,
      ToDoubleFunction<Host> weight) {
    this.hosts = hosts;
    this.config = config;
    this.clock = clock;
    this.weight = weight;
    windowNanos = config.window().toNanos();
    long newest = hosts[0].state().healthySinceNanos();
    for (Host host : hosts) {
      long since = host.state().healthySinceNanos();
      newest = since - newest > 0 ? since : newest;
    }
    newestNanos = newest;
    order = new Edf(hosts.length, this::weight, random.below(2 * hosts.length));
  }

  /** Null when the cluster has no slow start, or none of these hosts is still in it. */
  static @Nullable Warmth of(
      Host[] hosts,
      Cluster.@Nullable SlowStart config,
      Clock clock,
      Randomness random,
      ToDoubleFunction<Host> weight) {
    if (config == null || config.window().isZero()) {
      return null;
    }
    Warmth warmth = new Warmth(hosts, config, clock, random, weight);
    return warmth.isAnyWarming() ? warmth : null;
  }

  boolean isAnyWarming() {
    return clock.nanos() - newestNanos <= windowNanos;
  }

  Host pick() {
    return hosts[order.pick(this::weight)];
  }

  private double weight(int index) {
    Host host = hosts[index];
    return weight.applyAsDouble(host) * factor(host);
  }

  private double factor(Host host) {
    long age = clock.nanos() - host.state().healthySinceNanos();
    if (age >= windowNanos || !host.isHealthy()) {
      return 1;
    }
    double share = (double) Math.max(1_000_000, age) / windowNanos;
    double grown = config.aggression() == 1 ? share : Math.pow(share, 1.0 / config.aggression());
    return Math.max(grown, config.minimumWeight());
  }
}
