package io.selvage.engine.resilience;

import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.flow.Responded;
import io.selvage.engine.model.VirtualHost;
import io.selvage.engine.snapshot.MeshFacts;
import java.util.HashMap;
import java.util.Map;

/**
 * Tells the application how many attempts there were, where the virtual host says so (Envoy {@code
 * include_attempt_count_in_response}).
 */
final class AttemptCount {
  private static final String NAME = "x-envoy-attempt-count";

  private AttemptCount() {}

  static Outcome added(Exchange x, MeshFacts facts, Outcome outcome) {
    VirtualHost host = facts.virtualHost;
    if (host == null || !host.attemptHeaders().inResponse() || x.attempts() == 0) {
      return outcome;
    }
    String count = Integer.toString(x.attempts());
    if (outcome instanceof Responded responded) {
      responded.head().setHeader(NAME, count);
      return outcome;
    }
    // Envoy knows of the header only once there was an endpoint to send to
    boolean nowhere =
        x.attempts() == 1 && outcome instanceof Rejection first && first.flag().equals("UH");
    if (outcome instanceof Rejection r && !nowhere) {
      Map<String, String> headers = new HashMap<>(r.headers());
      headers.put(NAME, count);
      return new Rejection(
          r.httpStatus(), r.grpcStatus(), r.flag(), r.code(), r.body(), r.detail(), headers);
    }
    return outcome;
  }
}
