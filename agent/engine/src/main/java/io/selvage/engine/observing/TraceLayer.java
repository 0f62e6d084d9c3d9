package io.selvage.engine.observing;

import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Layer;
import io.selvage.engine.flow.MeshContext;
import io.selvage.engine.flow.Peer;
import io.selvage.engine.flow.Randomness;
import io.selvage.engine.flow.TraceContext;
import io.selvage.engine.snapshot.MeshFacts;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Starts a span, makes its context travel with the request, and hands the span to its sink at the
 * end. A request that is not sampled costs the header only.
 *
 * <p>The parent is the context that the request carries itself (an agent or library of the
 * application made it), else the one of the calling thread. On the serving side the new context and
 * the caller's identity become what the application runs in.
 */
public final class TraceLayer extends Layer {
  private final boolean inbound;
  private final SpanSink sink;
  private final Randomness random;
  private final LongSupplier epochNanos;

  /**
   * @param inbound the serving side
   * @param epochNanos read once for each sampled span
   */
  public TraceLayer(boolean inbound, SpanSink sink, Randomness random, LongSupplier epochNanos) {
    this.inbound = inbound;
    this.sink = sink;
    this.random = random;
    this.epochNanos = epochNanos;
  }

  @Override
  protected @Nullable Action onRequest(Exchange x) {
    MeshFacts facts = MeshFacts.of(x);
    if (facts.explaining) {
      return PASS;
    }
    TraceContext carried = TraceIds.of(x.head());
    TraceContext parent = carried != null || inbound ? carried : facts.context.trace();
    TraceContext own = facts.observability.tracing() ? started(facts, parent) : parent;
    if (own != null && (!inbound || own != carried)) {
      TraceIds.write(own, x.head());
    }
    if (inbound) {
      facts.context = served(x, facts, own);
    }
    return PASS;
  }

  private TraceContext started(MeshFacts facts, @Nullable TraceContext parent) {
    facts.spanId = TraceIds.span(random);
    if (parent == null) {
      facts.traceId = TraceIds.trace(random);
      facts.sampled = random.hits(facts.observability.sampledFraction());
    } else {
      facts.traceId = parent.traceId();
      facts.parentSpanId = parent.spanId();
      facts.traceState = parent.traceState();
      facts.sampled = parent.sampled();
    }
    return new TraceContext(facts.traceId, facts.spanId, facts.sampled, facts.traceState);
  }

  private static MeshContext served(Exchange x, MeshFacts facts, @Nullable TraceContext own) {
    Peer peer = facts.peer;
    return new MeshContext(
        own,
        Long.MAX_VALUE,
        peer == null ? null : peer.principal(),
        x.head().header(RequestIdLayer.HEADER));
  }

  @Override
  protected void onEnd(Exchange x, End end) {
    MeshFacts facts = MeshFacts.of(x);
    if (facts.sampled && !facts.spanId.isEmpty()) {
      sink.ended(HttpSpans.of(x, facts, end, inbound, epochNanos.getAsLong()));
    }
  }
}
