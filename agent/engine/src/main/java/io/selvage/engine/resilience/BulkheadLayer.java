package io.selvage.engine.resilience;

import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Layer;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.flow.Wait;
import io.selvage.engine.model.Resilience;
import io.selvage.engine.snapshot.ClusterState;
import io.selvage.engine.snapshot.CompiledCluster;
import io.selvage.engine.snapshot.MeshFacts;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Bounds the calls that this JVM has under way to a destination; what is above may wait for its
 * turn, else {@code 503 UO}.
 *
 * <p>Once per call, retries included, as it is the caller's threads that it protects; it stands
 * below the route's timeout, so that waiting uses that up. A place is held until the body's end.
 */
public final class BulkheadLayer extends Layer {
  @Override
  protected @Nullable Action onRequest(Exchange x) {
    MeshFacts facts = MeshFacts.of(x);
    CompiledCluster cluster = facts.compiledCluster;
    Resilience policy = cluster == null ? null : cluster.cluster().resilience();
    Resilience.Bulkhead limits = policy == null ? null : policy.bulkhead();
    if (cluster == null || policy == null || limits == null) {
      return PASS;
    }
    if (x.resumed() && facts.place instanceof Bulkhead.Place turn) {
      return turn.isTaken() ? PASS : refuse(cluster, turn, policy, limits);
    }
    Bulkhead bulkhead = bulkhead(cluster.state());
    if (facts.explaining) {
      facts.note(
          bulkhead.taken() + " of " + limits.calls() + " calls of the bulkhead are under way");
      return bulkhead.taken() >= limits.calls() ? full(policy, limits) : PASS;
    }
    Bulkhead.Place place =
        bulkhead.enter(limits.calls(), limits.maxWait().isZero() ? 0 : limits.waiting());
    if (place != null) {
      facts.place = place;
      return place.isTaken() ? PASS : new Wait(x.now() + limits.maxWait().toNanos(), place.turn());
    }
    cluster.state().overflows.increment();
    return full(policy, limits);
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
    if (facts.place instanceof Bulkhead.Place place) {
      facts.place = null;
      place.leave();
    }
  }

  private static @Nullable Action refuse(
      CompiledCluster cluster, Bulkhead.Place turn, Resilience policy, Resilience.Bulkhead limits) {
    turn.leave();
    cluster.state().overflows.increment();
    return rejection(
        "SELV-6043",
        "SELV-6043 ResiliencePolicy "
            + policy.policy()
            + " bulkhead: no place became free within "
            + limits.maxWait().toMillis()
            + " ms");
  }

  private static Rejection full(Resilience policy, Resilience.Bulkhead limits) {
    return rejection(
        "SELV-6042",
        "SELV-6042 ResiliencePolicy "
            + policy.policy()
            + " bulkhead: all "
            + limits.calls()
            + " places are taken");
  }

  private static Rejection rejection(String code, String detail) {
    return new Rejection(
        503,
        14,
        "UO",
        code,
        "too many calls to the destination are under way",
        detail,
        Map.of("x-envoy-overloaded", "true"));
  }

  private static Bulkhead bulkhead(ClusterState state) {
    Bulkhead kept = state.kept(Bulkhead.class);
    return kept != null ? kept : state.keep(Bulkhead.class, null, new Bulkhead());
  }
}
