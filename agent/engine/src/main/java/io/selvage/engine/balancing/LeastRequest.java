package io.selvage.engine.balancing;

import io.selvage.engine.flow.Clock;
import io.selvage.engine.flow.Randomness;
import io.selvage.engine.model.Cluster;
import io.selvage.engine.snapshot.Host;
import org.jspecify.annotations.Nullable;

/**
 * The least loaded of a few hosts drawn at random (power of two choices), or of all; with unequal
 * weights, and while endpoints start slowly, turns by the weight over the load. Source: Envoy
 * {@code LeastRequestLoadBalancer}.
 */
final class LeastRequest implements Algorithm {
  private final Host[] hosts;
  private final Cluster.LeastRequest config;
  private final @Nullable Edf order;
  private final @Nullable Warmth warmth;

  /** For at least two hosts. */
  LeastRequest(Host[] hosts, Cluster.LeastRequest config, Clock clock, Randomness random) {
    this.hosts = hosts;
    this.config = config;
    order =
        Algorithm.equalWeights(hosts)
            ? null
            : new Edf(hosts.length, i -> weight(hosts[i]), random.below(2 * hosts.length));
    warmth = Warmth.of(hosts, config.slowStart(), clock, random, this::weight);
  }

  private double weight(Host host) {
    double bias = config.activeRequestBias();
    int load = host.state().inFlight() + 1;
    return bias == 0 ? host.weight() : host.weight() / (bias == 1 ? load : Math.pow(load, bias));
  }

  @Override
  public Host pick(long hash, int round, Randomness random) {
    if (warmth != null && warmth.isAnyWarming()) {
      return warmth.pick();
    }
    if (order != null) {
      return hosts[order.pick(i -> weight(hosts[i]))];
    }
    return config.fullScan() ? leastOfAll(random) : leastOfSome(random);
  }

  private Host leastOfSome(Randomness random) {
    Host best = hosts[random.below(hosts.length)];
    for (int i = 1; i < config.choices(); i++) {
      Host other = hosts[random.below(hosts.length)];
      if (other.state().inFlight() < best.state().inFlight()) {
        best = other;
      }
    }
    return best;
  }

  /** Each of those that tie has the same chance. */
  private Host leastOfAll(Randomness random) {
    Host best = hosts[0];
    int least = best.state().inFlight();
    int ties = 1;
    for (int i = 1; i < hosts.length; i++) {
      int load = hosts[i].state().inFlight();
      if (load < least) {
        best = hosts[i];
        least = load;
        ties = 1;
      } else if (load == least && random.below(++ties) == 0) {
        best = hosts[i];
      }
    }
    return best;
  }
}
