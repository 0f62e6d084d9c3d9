package io.selvage.engine.resilience;

import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.AttemptLayer;
import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.model.CircuitBreakers;
import io.selvage.engine.model.Cluster;
import io.selvage.engine.model.RoutingPriority;
import io.selvage.engine.snapshot.ClusterState;
import io.selvage.engine.snapshot.CompiledCluster;
import io.selvage.engine.snapshot.MeshFacts;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The cluster's limits (Envoy circuit breakers): beyond them {@code 503 UO} at once.
 *
 * <p>Connections belong to the libraries' pools; so for HTTP/1.1, where a request is a connection's
 * only one, connections and pending requests together bound the requests under way. A permit is
 * held until the body has ended.
 */
public final class AdmissionLayer extends AttemptLayer {
  private static final Rejection OVERFLOW =
      new Rejection(
          503,
          14,
          "UO",
          "SELV-6005",
          "upstream connect error or disconnect/reset before headers. reset reason: overflow",
          "the cluster's limit of requests is reached",
          Map.of("x-envoy-overloaded", "true"));

  @Override
  protected @Nullable Outcome onAttempt(Exchange x, Attempt a) {
    MeshFacts facts = MeshFacts.of(x);
    CompiledCluster cluster = facts.compiledCluster;
    if (cluster == null) {
      return PASS;
    }
    RoutingPriority priority = facts.priority();
    a.connectionLimits(cluster.limits(priority));
    // counted even when refused, so that the end of the attempt needs no memory of it
    ClusterState.Load load = cluster.state().load(priority);
    CircuitBreakers breakers = cluster.cluster().circuitBreakers().of(priority);
    if (load.requests.incrementAndGet() > limit(cluster.cluster(), breakers)) {
      cluster.state().overflows.increment();
      return OVERFLOW;
    }
    load.begun(breakers, x.now());
    return PASS;
  }

  @Override
  protected void onEnd(Exchange x, Attempt a, End end) {
    MeshFacts facts = MeshFacts.of(x);
    CompiledCluster cluster = facts.compiledCluster;
    if (cluster != null) {
      cluster.state().load(facts.priority()).requests.decrementAndGet();
    }
  }

  private static int limit(Cluster cluster, CircuitBreakers limits) {
    if (cluster.http2()) {
      return limits.maxRequests();
    }
    long perConnection = (long) limits.maxConnections() + limits.maxPending();
    return (int) Math.min(limits.maxRequests(), perConnection);
  }
}
