package io.selvage.engine.routing;

import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Layer;
import io.selvage.engine.flow.Peer;
import io.selvage.engine.flow.Randomness;
import io.selvage.engine.flow.RequestHead;
import io.selvage.engine.snapshot.CompiledLane;
import io.selvage.engine.snapshot.MeshFacts;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds the traffic lane of a request that came in: what a peer of the mesh says, by {@value
 * Lanes#HEADER} or in W3C {@code baggage}, else the first rule of this workload that matches. What
 * strangers say is not believed; the application does not see the header.
 */
public final class LaneEntryLayer extends Layer {
  private final Randomness random;

  public LaneEntryLayer(Randomness random) {
    this.random = random;
  }

  @Override
  protected @Nullable Action onRequest(Exchange x) {
    MeshFacts facts = MeshFacts.of(x);
    RequestHead head = x.head();
    String said = head.header(Lanes.HEADER);
    if (said != null) {
      head.removeHeader(Lanes.HEADER);
    }
    String lane = null;
    Peer peer = facts.peer;
    if (peer != null && peer.tls() && peer.principal() != null) {
      lane = said != null ? Lanes.name(said) : Lanes.inBaggage(head.header("baggage"));
    }
    List<CompiledLane> rules = facts.snapshot.inbound().lanes();
    for (int i = 0; i < rules.size() && lane == null; i++) {
      if (rules.get(i).takes(head, random)) {
        lane = rules.get(i).name();
      }
    }
    if (lane != null) {
      facts.context = facts.context.withLane(lane);
      facts.note("in lane " + lane);
    }
    return PASS;
  }
}
