package io.selvage.engine.resilience;

import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Layer;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.flow.Peer;
import io.selvage.engine.flow.Protocol;
import io.selvage.engine.flow.Responded;
import io.selvage.engine.flow.Work;
import io.selvage.engine.model.WorkloadPolicy.Propagation;
import io.selvage.engine.snapshot.MeshFacts;
import org.jspecify.annotations.Nullable;

/**
 * Opens the {@link Work} that is done for a request that came in: whether it is a repetition, and
 * what of it ends when its caller has gone. On the way back a caller of the mesh is told when
 * repeating its request cannot help, as a hop below has already decided about that.
 */
public final class CallerWorkLayer extends Layer {
  @Override
  protected @Nullable Action onRequest(Exchange x) {
    MeshFacts facts = MeshFacts.of(x);
    Propagation all = facts.snapshot.inbound().own().propagation();
    String retry = x.head().header(WorkHeaders.RETRY);
    if (retry != null) {
      x.head().removeHeader(WorkHeaders.RETRY);
    }
    boolean repeated = retry != null && all.retries() && isMesh(facts.peer);
    facts.context = facts.context.withWork(new Work(repeated));
    return PASS;
  }

  @Override
  protected void onOutcome(Exchange x, Outcome outcome) {
    MeshFacts facts = MeshFacts.of(x);
    Work work = facts.context.work();
    if (work != null
        && work.isSpent()
        && outcome instanceof Responded responded
        && isMesh(facts.peer)
        && facts.snapshot.inbound().own().propagation().retries()
        && mayBeRepeated(x, responded)) {
      responded.head().setHeader(WorkHeaders.SPENT, "1");
    }
  }

  @Override
  protected void onEnd(Exchange x, End end) {
    MeshFacts facts = MeshFacts.of(x);
    Work work = facts.context.work();
    if (work != null
        && !end.complete()
        && facts.snapshot.inbound().own().propagation().cancellation()) {
      work.callerGone();
    }
  }

  /** A gRPC answer's status may come with its trailers only. */
  private static boolean mayBeRepeated(Exchange x, Responded responded) {
    return responded.head().status() >= 400
        || (x.head().protocol() == Protocol.GRPC && responded.head().grpcStatus() != 0);
  }

  static boolean isMesh(@Nullable Peer peer) {
    return peer != null && peer.tls() && peer.principal() != null;
  }
}
