package io.selvage.engine.resilience;

import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Layer;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.flow.Wait;
import io.selvage.engine.model.CircuitBreakers;
import io.selvage.engine.model.RouteAction;
import io.selvage.engine.snapshot.ClusterState;
import io.selvage.engine.snapshot.CompiledCluster;
import io.selvage.engine.snapshot.CompiledRoute;
import io.selvage.engine.snapshot.MeshFacts;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Bounds what the application has to serve at once, by the circuit breakers of the cluster that
 * stands for its port (Istio {@code inboundConnectionPool}; Envoy's {@code inbound|port||}): beyond
 * them {@code 503 UO}.
 *
 * <p>An Envoy beside the application would open a connection for each request over HTTP/1.1, so
 * {@code max_connections} requests are in the application and {@code max_pending_requests} wait for
 * their turn; {@code max_requests} bounds both protocols. A place is held until the body's end.
 */
public final class ServerLimitLayer extends Layer {
  private static final Rejection OVERFLOW =
      new Rejection(
          503,
          14,
          "UO",
          "SELV-6060",
          "upstream connect error or disconnect/reset before headers. reset reason: overflow",
          "the limits of what the application serves at once are reached",
          Map.of("x-envoy-overloaded", "true"));

  /** Requests in the application; a cluster keeps one object a type. */
  private record Served(Bulkhead places) {}

  @Override
  protected @Nullable Action onRequest(Exchange x) {
    MeshFacts facts = MeshFacts.of(x);
    CompiledCluster cluster = cluster(facts);
    if (cluster == null) {
      return PASS;
    }
    CircuitBreakers limits = cluster.cluster().circuitBreakers();
    boolean connected = !cluster.cluster().http2() && limits.maxConnections() < Integer.MAX_VALUE;
    if (facts.explaining) {
      return explain(facts, cluster, limits, connected);
    }
    if (connected) {
      Bulkhead.Place turn = (Bulkhead.Place) facts.connectionPlace;
      if (turn == null) {
        turn = places(cluster.state()).enter(limits.maxConnections(), limits.maxPending());
        if (turn == null) {
          return full(cluster);
        }
        facts.connectionPlace = turn;
      }
      if (!turn.isTaken()) {
        return new Wait(Long.MAX_VALUE, turn.turn());
      }
    }
    if (limits.maxRequests() < Integer.MAX_VALUE) {
      facts.servedBy = cluster.state();
      if (cluster.state().requests.incrementAndGet() > limits.maxRequests()) {
        return full(cluster);
      }
    }
    return PASS;
  }

  private static Action full(CompiledCluster cluster) {
    cluster.state().overflows.increment();
    return OVERFLOW;
  }

  private static @Nullable Action explain(
      MeshFacts facts, CompiledCluster cluster, CircuitBreakers limits, boolean connected) {
    int inside = connected ? places(cluster.state()).taken() : cluster.state().requests.get();
    int most = connected ? limits.maxConnections() : limits.maxRequests();
    if (most < Integer.MAX_VALUE) {
      facts.note(inside + " of " + most + " requests that the application may serve are under way");
    }
    return PASS;
  }

  @Override
  protected void onEnd(Exchange x, End end) {
    leave(x);
  }

  @Override
  protected void onGivenUp(Exchange x) {
    leave(x);
  }

  private static void leave(Exchange x) {
    MeshFacts facts = MeshFacts.of(x);
    ClusterState served = facts.servedBy;
    if (served != null) {
      facts.servedBy = null;
      served.requests.decrementAndGet();
    }
    if (facts.connectionPlace instanceof Bulkhead.Place place) {
      facts.connectionPlace = null;
      place.leave();
    }
  }

  /** The cluster that the chain's route names; null when the controller sent none. */
  private static @Nullable CompiledCluster cluster(MeshFacts facts) {
    CompiledRoute route = facts.compiledRoute;
    return route != null && route.route().action() instanceof RouteAction.Accept accept
        ? facts.snapshot.cluster(accept.cluster())
        : null;
  }

  private static Bulkhead places(ClusterState state) {
    Served kept = state.kept(Served.class);
    return (kept != null ? kept : state.keep(Served.class, null, new Served(new Bulkhead())))
        .places();
  }
}
