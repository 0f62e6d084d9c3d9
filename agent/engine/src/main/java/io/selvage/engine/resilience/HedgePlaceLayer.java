package io.selvage.engine.resilience;

import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.AttemptLayer;
import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.flow.Protocol;
import io.selvage.engine.model.ConnectionLimits;
import io.selvage.engine.snapshot.CompiledCluster;
import io.selvage.engine.snapshot.MeshFacts;
import org.jspecify.annotations.Nullable;

/**
 * An attempt beside others of its request needs a connection of its own: a hedge that finds no
 * place within the cluster's {@code max_connections} is not sent, and never waits for one.
 */
public final class HedgePlaceLayer extends AttemptLayer {
  @Override
  protected @Nullable Outcome onAttempt(Exchange x, Attempt a) {
    MeshFacts facts = MeshFacts.of(x);
    CompiledCluster cluster = facts.compiledCluster;
    if (cluster == null
        || facts.connectionPlace == null
        || a.earlier() == null
        || !x.anotherInFlight(a)) {
      return PASS;
    }
    ConnectionLimits limits = a.connectionLimits();
    boolean multiplexed = cluster.cluster().http2() || x.head().protocol() != Protocol.HTTP1;
    Bulkhead.Place place =
        ConnectionPlaceLayer.places(cluster.state(), facts.priority())
            .take(ConnectionPlaceLayer.most(limits, multiplexed));
    if (place == null) {
      cluster.state().overflows.increment();
      return ConnectionPlaceLayer.OVERFLOW;
    }
    a.place(place);
    return PASS;
  }

  @Override
  protected void onEnd(Exchange x, Attempt a, End end) {
    if (a.place() instanceof Bulkhead.Place place) {
      a.place(null);
      place.leave();
    }
  }
}
