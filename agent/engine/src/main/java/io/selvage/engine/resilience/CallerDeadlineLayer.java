package io.selvage.engine.resilience;

import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Layer;
import io.selvage.engine.flow.MeshContext;
import io.selvage.engine.flow.Protocol;
import io.selvage.engine.snapshot.MeshFacts;
import org.jspecify.annotations.Nullable;

/**
 * What is left of the caller's time becomes the deadline of all that the application does for it:
 * {@code x-envoy-expected-rq-timeout-ms} of the mesh, {@code grpc-timeout} of gRPC callers. The
 * application itself is not interrupted.
 */
public final class CallerDeadlineLayer extends Layer {
  @Override
  protected @Nullable Action onRequest(Exchange x) {
    MeshFacts facts = MeshFacts.of(x);
    long left = Long.MAX_VALUE;
    String expected = x.head().header(PerTryLayer.EXPECTED_TIMEOUT);
    if (expected != null) {
      long millis = Millis.of(expected);
      left = millis < 0 ? left : millis * 1_000_000L;
    }
    String grpc = x.head().protocol() == Protocol.GRPC ? x.head().header("grpc-timeout") : null;
    if (grpc != null) {
      long nanos = Millis.grpcNanos(grpc);
      left = nanos < 0 ? left : Math.min(left, nanos);
    }
    if (left < Long.MAX_VALUE / 4) {
      MeshContext c = facts.context;
      facts.context = new MeshContext(c.trace(), x.startNanos() + left, c.caller(), c.requestId());
    }
    return PASS;
  }
}
