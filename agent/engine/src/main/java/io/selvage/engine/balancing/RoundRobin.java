package io.selvage.engine.balancing;

import io.selvage.engine.flow.Clock;
import io.selvage.engine.flow.Randomness;
import io.selvage.engine.model.Cluster;
import io.selvage.engine.snapshot.Host;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One after the other, by weight, from a random start. Source: Envoy {@code
 * RoundRobinLoadBalancer}: a counter for equal weights, earliest deadline first for others and
 * while endpoints start slowly.
 */
final class RoundRobin implements Algorithm {
  private final Host[] hosts;
  private final AtomicInteger turn;
  private final @Nullable Schedule schedule;
  private final @Nullable Warmth warmth;

  /** For at least two hosts. */
  RoundRobin(Host[] hosts, Cluster.@Nullable SlowStart slowStart, Clock clock, Randomness random) {
    this.hosts = hosts;
    turn = new AtomicInteger(random.below(hosts.length));
    schedule = Algorithm.equalWeights(hosts) ? null : new Schedule(weights(hosts), random);
    warmth =
        Warmth.of(hosts, slowStart, clock, random, host -> host.weight()); // weight as it stands
  }

  private static double[] weights(Host[] hosts) {
    double[] weights = new double[hosts.length];
    for (int i = 0; i < hosts.length; i++) {
      weights[i] = hosts[i].weight();
    }
    return weights;
  }

  @Override
  public Host pick(long hash, int round, Randomness random) {
    if (warmth != null && warmth.isAnyWarming()) {
      return warmth.pick();
    }
    return schedule != null
        ? hosts[schedule.next()]
        : hosts[Integer.remainderUnsigned(turn.getAndIncrement(), hosts.length)];
  }
}
