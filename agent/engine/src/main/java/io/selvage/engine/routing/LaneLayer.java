package io.selvage.engine.routing;

import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Layer;
import io.selvage.engine.snapshot.CompiledCluster;
import io.selvage.engine.snapshot.MeshFacts;
import org.jspecify.annotations.Nullable;

/**
 * Narrows the cluster to the endpoints of the lane that the request is in; where the lane has no
 * healthy one, and for requests of no lane, to those of the base lane.
 */
public final class LaneLayer extends Layer {
  @Override
  protected @Nullable Action onRequest(Exchange x) {
    MeshFacts facts = MeshFacts.of(x);
    CompiledCluster cluster = facts.compiledCluster;
    if (cluster != null) {
      facts.compiledCluster = cluster.inLane(facts.context.lane());
      if (facts.explaining && facts.context.lane() != null) {
        facts.note("in lane " + facts.context.lane());
      }
    }
    return PASS;
  }
}
