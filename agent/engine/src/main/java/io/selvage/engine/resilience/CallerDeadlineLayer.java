package io.selvage.engine.resilience;

import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Layer;
import io.selvage.engine.flow.Protocol;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.flow.RequestHead;
import io.selvage.engine.snapshot.MeshFacts;
import org.jspecify.annotations.Nullable;

/**
 * What is left of the caller's time becomes the deadline of all that the application does for it;
 * when nothing is left the application is not asked: {@code 504}.
 *
 * <p>Peers of the mesh say it by {@value WorkHeaders#TIMEOUT} or Envoy's {@code
 * x-envoy-expected-rq-timeout-ms}; of others these are not believed. {@code grpc-timeout} is gRPC's
 * own and holds for every caller. The application itself is not interrupted.
 */
public final class CallerDeadlineLayer extends Layer {
  private static final Rejection OVER =
      Rejection.of(
          504,
          4,
          "UT",
          "SELV-6050",
          "the time for this request is over",
          "SELV-6050 nothing was left of the caller's time");

  @Override
  protected @Nullable Action onRequest(Exchange x) {
    MeshFacts facts = MeshFacts.of(x);
    RequestHead head = x.head();
    long left = Long.MAX_VALUE;
    String told = head.header(WorkHeaders.TIMEOUT);
    if (told != null) {
      head.removeHeader(WorkHeaders.TIMEOUT);
    }
    if (!facts.snapshot.inbound().own().propagation().deadlines()) {
      return PASS;
    }
    if (CallerWorkLayer.isMesh(facts.peer)) {
      left = Math.min(nanos(told), nanos(head.header(PerTryLayer.EXPECTED_TIMEOUT)));
    }
    String grpc = head.protocol() == Protocol.GRPC ? head.header("grpc-timeout") : null;
    if (grpc != null) {
      long nanos = Millis.grpcNanos(grpc);
      left = nanos < 0 ? left : Math.min(left, nanos);
    }
    if (left <= 0) {
      return OVER;
    }
    if (left < Long.MAX_VALUE / 4) {
      facts.context = facts.context.withDeadline(x.startNanos() + left);
    }
    return PASS;
  }

  private static long nanos(@Nullable String header) {
    long millis = header == null ? -1 : Millis.of(header);
    return millis < 0 ? Long.MAX_VALUE : millis * 1_000_000L;
  }
}
