package io.selvage.engine.balancing;

import io.selvage.engine.flow.Randomness;
import io.selvage.engine.model.RoutingPriority;
import io.selvage.engine.snapshot.ClusterState;
import io.selvage.engine.snapshot.Host;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Consistent hashing where no host gets more than its part of the load: whoever would exceed it is
 * passed over, in an order that depends on the hash alone. Source: Envoy {@code
 * BoundedLoadHashingLoadBalancer}.
 */
final class BoundedLoad implements Algorithm {
  private final Algorithm plain;
  private final Shares shares;
  private final Map<Host, Double> weights = new HashMap<>();
  private final int factor;
  private final ClusterState state;

  BoundedLoad(Algorithm plain, Shares shares, int factor, ClusterState state) {
    this.plain = plain;
    this.shares = shares;
    this.factor = factor;
    this.state = state;
    for (int i = 0; i < shares.hosts().size(); i++) {
      weights.put(shares.hosts().get(i), shares.weights()[i]);
    }
  }

  @Override
  public @Nullable Host pick(long hash, int round, Randomness random) {
    Host host = plain.pick(hash, round, random);
    Double weight = host == null ? null : weights.get(host);
    if (host == null || weight == null) {
      return host;
    }
    double load = overload(host, weight);
    return load <= 1.0 ? host : other(hash, host, load);
  }

  private Host other(long hash, Host preferred, double overload) {
    int n = shares.hosts().size();
    int[] order = new int[n];
    for (int i = 0; i < n; i++) {
      order[i] = i;
    }
    Mt19937 chance = new Mt19937((int) hash);
    Host least = preferred;
    double leastLoad = overload;
    for (int i = 0; i < n; i++) {
      int j = i + chance.below(n - i);
      int k = order[j];
      order[j] = order[i];
      order[i] = k;
      Host host = shares.hosts().get(k);
      if (host == preferred) {
        continue;
      }
      double load = overload(host, shares.weights()[k]);
      if (load <= 1.0) {
        return host;
      }
      if (leastLoad > load) {
        least = host;
        leastLoad = load;
      }
    }
    return least;
  }

  private double overload(Host host, double weight) {
    // the attempt that is being placed is counted by the cluster already, and by no host yet
    int all =
        state.load(RoutingPriority.DEFAULT).requests.get()
            + state.load(RoutingPriority.HIGH).requests.get();
    long active = Math.max(0, all - 1);
    long total = ((active + 1) * factor + 99) / 100;
    long slots = Math.max(1, (long) Math.ceil(total * weight));
    return (double) host.state().inFlight() / slots;
  }
}
