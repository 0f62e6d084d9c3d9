package io.selvage.engine.resilience;

import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Layer;
import io.selvage.engine.flow.Protocol;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.flow.Wait;
import io.selvage.engine.model.ConnectionLimits;
import io.selvage.engine.model.RoutingPriority;
import io.selvage.engine.snapshot.ClusterState;
import io.selvage.engine.snapshot.CompiledCluster;
import io.selvage.engine.snapshot.MeshFacts;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The cluster's limits of connections and of requests that wait for one (Envoy {@code
 * max_connections}, {@code max_pending_requests}), so that the libraries' pools cannot open more: a
 * request over HTTP/1.1 is its connection's only one, and over HTTP/2 a connection carries as many
 * as {@code max_concurrent_streams} says.
 *
 * <p>Who finds no place waits in turn, within the route's timeout; who finds the queue full gets
 * {@code 503 UO}. The place is held until the body's end, retries included. One cluster has one
 * count in this JVM for each routing priority, as an Envoy has one for each worker. Attempts beside
 * the first have places of their own, see {@link HedgePlaceLayer}.
 */
public final class ConnectionPlaceLayer extends Layer {
  static final Rejection OVERFLOW =
      new Rejection(
          503,
          14,
          "UO",
          "SELV-6005",
          "upstream connect error or disconnect/reset before headers. reset reason: overflow",
          "the cluster's limits of connections and of waiting requests are reached",
          Map.of("x-envoy-overloaded", "true"));

  /** One type a priority, as a cluster keeps one object a type. */
  private record Standard(Bulkhead places) {}

  private record High(Bulkhead places) {}

  @Override
  protected @Nullable Action onRequest(Exchange x) {
    MeshFacts facts = MeshFacts.of(x);
    CompiledCluster cluster = facts.compiledCluster;
    if (cluster == null || cluster.isPassthrough() || facts.explaining) {
      return PASS;
    }
    ConnectionLimits limits = cluster.limits(facts.priority());
    int most = most(limits, cluster.cluster().http2() || x.head().protocol() != Protocol.HTTP1);
    if (most == Integer.MAX_VALUE) {
      return PASS;
    }
    Bulkhead.Place turn = (Bulkhead.Place) facts.connectionPlace;
    if (turn == null) {
      turn = places(cluster.state(), facts.priority()).enter(most, limits.maxPending());
      if (turn == null) {
        cluster.state().overflows.increment();
        return OVERFLOW;
      }
      facts.connectionPlace = turn;
    }
    return turn.isTaken() ? PASS : new Wait(Long.MAX_VALUE, turn.turn());
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
    if (facts.connectionPlace instanceof Bulkhead.Place place) {
      facts.connectionPlace = null;
      place.leave();
    }
  }

  /** Requests at once that this many connections carry. */
  static int most(ConnectionLimits limits, boolean multiplexed) {
    if (limits.maxConnections() == Integer.MAX_VALUE || !multiplexed) {
      return limits.maxConnections();
    }
    int streams = limits.maxConcurrentStreams();
    return streams <= 0
        ? Integer.MAX_VALUE
        : (int) Math.min(Integer.MAX_VALUE, (long) limits.maxConnections() * streams);
  }

  static Bulkhead places(ClusterState state, RoutingPriority priority) {
    if (priority == RoutingPriority.DEFAULT) {
      Standard kept = state.kept(Standard.class);
      return (kept != null ? kept : state.keep(Standard.class, null, new Standard(new Bulkhead())))
          .places();
    }
    High kept = state.kept(High.class);
    return (kept != null ? kept : state.keep(High.class, null, new High(new Bulkhead()))).places();
  }
}
