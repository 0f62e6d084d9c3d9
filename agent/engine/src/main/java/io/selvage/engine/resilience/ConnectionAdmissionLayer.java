package io.selvage.engine.resilience;

import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.AttemptLayer;
import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.model.Cluster;
import io.selvage.engine.model.Resilience;
import io.selvage.engine.model.RoutingPriority;
import io.selvage.engine.snapshot.CompiledCluster;
import io.selvage.engine.snapshot.MeshFacts;
import org.jspecify.annotations.Nullable;

/** The cluster's limit of connections, for connections whose requests are not seen. */
public final class ConnectionAdmissionLayer extends AttemptLayer {
  private static final Rejection OVERFLOW =
      Rejection.of(503, 14, "UO", "SELV-6005", "", "the cluster's limit of connections is reached");

  @Override
  protected @Nullable Outcome onAttempt(Exchange x, Attempt a) {
    CompiledCluster cluster = MeshFacts.of(x).compiledCluster;
    if (cluster == null) {
      return PASS;
    }
    a.connectionLimits(cluster.limits(RoutingPriority.DEFAULT));
    int limit = limit(cluster.cluster());
    // counted even when refused, so that the end of the attempt needs no memory of it
    if (cluster.state().connections.incrementAndGet() > limit) {
      cluster.state().overflows.increment();
      return OVERFLOW;
    }
    return PASS;
  }

  @Override
  protected void onEnd(Exchange x, Attempt a, End end) {
    CompiledCluster cluster = MeshFacts.of(x).compiledCluster;
    if (cluster != null) {
      cluster.state().connections.decrementAndGet();
    }
  }

  private static int limit(Cluster cluster) {
    int own = cluster.circuitBreakers().maxConnections();
    Resilience policy = cluster.resilience();
    return policy == null || policy.bulkhead() == null
        ? own
        : Math.min(own, policy.bulkhead().connections());
  }
}
