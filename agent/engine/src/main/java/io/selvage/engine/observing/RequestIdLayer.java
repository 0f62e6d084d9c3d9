package io.selvage.engine.observing;

import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Layer;
import io.selvage.engine.flow.MeshContext;
import io.selvage.engine.flow.Randomness;
import io.selvage.engine.snapshot.MeshFacts;
import org.jspecify.annotations.Nullable;

/**
 * Gives each request an {@code x-request-id}: its own, else the one of the request that caused it,
 * else a new one (Envoy {@code generate_request_id}).
 */
public final class RequestIdLayer extends Layer {
  static final String HEADER = "x-request-id";

  private final boolean inbound;
  private final Randomness random;

  public RequestIdLayer(boolean inbound, Randomness random) {
    this.inbound = inbound;
    this.random = random;
  }

  @Override
  protected @Nullable Action onRequest(Exchange x) {
    MeshFacts facts = MeshFacts.of(x);
    if (facts.explaining || (facts.compiledListener == null && facts.compiledChain == null)) {
      return PASS;
    }
    String id = x.head().header(HEADER);
    if (id == null) {
      String inherited = facts.context.requestId();
      id = inherited == null ? TraceIds.uuid(random) : inherited;
      x.head().setHeader(HEADER, id);
    }
    facts.requestId = id;
    if (inbound) {
      MeshContext c = facts.context;
      facts.context = c.withRequestId(id);
    }
    return PASS;
  }
}
