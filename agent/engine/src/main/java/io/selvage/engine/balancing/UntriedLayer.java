package io.selvage.engine.balancing;

import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.AttemptLayer;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.flow.Randomness;
import io.selvage.engine.snapshot.CompiledCluster;
import io.selvage.engine.snapshot.Host;
import io.selvage.engine.snapshot.MeshFacts;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Leads a connection that was tried before to an endpoint that was not: by the balancer's own
 * choice if it makes one soon, else the first usable one, also of a lower priority. With none left
 * the balancer's choice stays.
 */
public final class UntriedLayer extends AttemptLayer {
  private static final int ROUNDS = 8;

  private final Randomness random;

  public UntriedLayer(Randomness random) {
    this.random = random;
  }

  @Override
  protected @Nullable Outcome onAttempt(Exchange x, Attempt a) {
    MeshFacts facts = MeshFacts.of(x);
    CompiledCluster cluster = facts.compiledCluster;
    Host chosen = CompiledCluster.leased(a.lease());
    if (facts.tried.isEmpty() || cluster == null || chosen == null || !isIn(facts.tried, chosen)) {
      return PASS;
    }
    Host other = other(cluster, facts);
    if (other != null) {
      chosen.state().released();
      other.state().taken();
      a.lease(other);
      a.endpoint(other.endpoint());
    }
    return PASS;
  }

  private @Nullable Host other(CompiledCluster cluster, MeshFacts facts) {
    for (int round = 1; round <= ROUNDS; round++) {
      Host host = cluster.picker().pick(facts.hash, round, random);
      if (host != null && !isIn(facts.tried, host)) {
        return host;
      }
    }
    for (Host host : cluster.hosts()) {
      if (host.isHealthy() && !isIn(facts.tried, host)) {
        return host;
      }
    }
    return null;
  }

  private static boolean isIn(Set<String> tried, Host host) {
    return tried.contains(host.endpoint().address() + ":" + host.endpoint().port());
  }
}
