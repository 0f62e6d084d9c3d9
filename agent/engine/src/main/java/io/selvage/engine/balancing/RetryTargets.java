package io.selvage.engine.balancing;

import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.Randomness;
import io.selvage.engine.model.RetryPolicy;
import io.selvage.engine.snapshot.CompiledCluster;
import io.selvage.engine.snapshot.Host;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where a retry should not go. Sources: Envoy {@code PreviousHostsRetryPredicate}, {@code
 * OmitCanaryHostsRetryPredicate}, {@code OmitHostsRetryPredicate}, {@code
 * PreviousPrioritiesRetryPriority}.
 */
final class RetryTargets {
  private RetryTargets() {}

  /** Whether the policy avoids some hosts at all. */
  static boolean avoidsHosts(RetryPolicy policy) {
    return policy.previousHostsRejected()
        || policy.avoidance().canaries()
        || !policy.avoidance().metadata().isEmpty();
  }

  /** Whether a retry should look for another host than this one. */
  static boolean rejects(RetryPolicy policy, Attempt a, Host host) {
    Map<String, String> metadata = host.endpoint().metadata();
    return (policy.previousHostsRejected() && wasTried(a, host))
        || (policy.avoidance().canaries() && "true".equals(metadata.get("canary")))
        || (!policy.avoidance().metadata().isEmpty()
            && metadata.entrySet().containsAll(policy.avoidance().metadata().entrySet()));
  }

  /**
   * A host of the best priority that was not tried yet; null = the policy leaves priorities alone,
   * it is too early, or there is none.
   */
  static @Nullable Host ofAnotherPriority(
      CompiledCluster cluster, RetryPolicy policy, Attempt a, Randomness random) {
    int every = policy.avoidance().prioritiesAfter();
    if (every <= 0 || a.number() < every) {
      return null;
    }
    Set<Integer> tried = tried(a, a.number() - a.number() % every);
    List<Host> healthy = new ArrayList<>();
    List<Host> better = new ArrayList<>();
    int priority = Integer.MAX_VALUE;
    for (Host host : cluster.hosts()) {
      if (host.isHealthy() && !tried.contains(host.priority()) && host.priority() <= priority) {
        if (host.priority() < priority) {
          healthy.clear();
          better.clear();
          priority = host.priority();
        }
        healthy.add(host);
        if (!rejects(policy, a, host)) {
          better.add(host);
        }
      }
    }
    List<Host> from = better.isEmpty() ? healthy : better;
    return from.isEmpty() ? null : from.get(random.below(from.size()));
  }

  /** Priorities of the first attempts. */
  private static Set<Integer> tried(Attempt a, int attempts) {
    Set<Integer> tried = new HashSet<>();
    for (Attempt b = a.earlier(); b != null; b = b.earlier()) {
      Host host = CompiledCluster.leased(b.lease());
      if (host != null && b.number() < attempts) {
        tried.add(host.priority());
      }
    }
    return tried;
  }

  static boolean wasTried(Attempt a, Host host) {
    for (Attempt b = a.earlier(); b != null; b = b.earlier()) {
      if (b.endpoint() != null
          && b.endpoint().port() == host.endpoint().port()
          && b.endpoint().address().equals(host.endpoint().address())) {
        return true;
      }
    }
    return false;
  }
}
