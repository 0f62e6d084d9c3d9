package io.selvage.engine.routing;

import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Layer;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.flow.RequestHead;
import io.selvage.engine.flow.Responded;
import io.selvage.engine.match.StringTest;
import io.selvage.engine.model.Cors;
import io.selvage.engine.snapshot.CompiledRoute;
import io.selvage.engine.snapshot.MeshFacts;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Answers preflight requests and marks responses as the route's CORS rules say. Source: Envoy
 * {@code CorsFilter}: a request whose origin is not allowed goes on without marks.
 */
public final class CorsLayer extends Layer {
  @Override
  protected @Nullable Action onRequest(Exchange x) {
    Cors cors = allowed(x);
    if (cors == null
        || !"OPTIONS".equals(x.head().method())
        || x.head().header("access-control-request-method") == null) {
      return PASS;
    }
    Map<String, String> headers = new HashMap<>();
    headers.put("access-control-allow-origin", origin(x.head()));
    put(headers, "access-control-allow-methods", cors.allowMethods());
    put(headers, "access-control-allow-headers", cors.allowHeaders());
    if (cors.allowCredentials()) {
      headers.put("access-control-allow-credentials", "true");
    }
    if (cors.maxAge() != null) {
      headers.put("access-control-max-age", String.valueOf(cors.maxAge().toSeconds()));
    }
    return new Rejection(200, 0, "-", "SELV-6011", "", "CORS preflight", headers);
  }

  @Override
  protected void onOutcome(Exchange x, Outcome outcome) {
    if (!(outcome instanceof Responded responded)) {
      return;
    }
    Cors cors = allowed(x);
    if (cors == null) {
      return;
    }
    responded.head().setHeader("access-control-allow-origin", origin(x.head()));
    if (cors.allowCredentials()) {
      responded.head().setHeader("access-control-allow-credentials", "true");
    }
    if (!cors.exposeHeaders().isEmpty()) {
      responded
          .head()
          .setHeader("access-control-expose-headers", String.join(",", cors.exposeHeaders()));
    }
  }

  private static @Nullable Cors allowed(Exchange x) {
    CompiledRoute route = MeshFacts.of(x).compiledRoute;
    if (route == null || route.route().cors() == null) {
      return null;
    }
    String origin = x.head().header("origin");
    return origin != null && StringTest.any(route.corsOrigins(), origin)
        ? route.route().cors()
        : null;
  }

  private static String origin(RequestHead head) {
    String origin = head.header("origin");
    return origin == null ? "" : origin;
  }

  private static void put(Map<String, String> headers, String name, List<String> values) {
    if (!values.isEmpty()) {
      headers.put(name, String.join(",", values));
    }
  }
}
