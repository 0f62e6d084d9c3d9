package io.selvage.engine.routing;

import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Layer;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.flow.Randomness;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.flow.RequestHead;
import io.selvage.engine.flow.Responded;
import io.selvage.engine.match.StringTest;
import io.selvage.engine.model.Cors;
import io.selvage.engine.model.RouteAction;
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
  private final Randomness random;

  public CorsLayer(Randomness random) {
    this.random = random;
  }

  @Override
  protected @Nullable Action onRequest(Exchange x) {
    MeshFacts facts = MeshFacts.of(x);
    Cors cors = rules(facts.compiledRoute);
    String origin = cors == null ? null : x.head().header("origin");
    if (cors == null || origin == null || origin.isEmpty() || !random.hits(cors.share())) {
      return PASS;
    }
    boolean allowed = allowed(facts.compiledRoute, origin);
    if (allowed) {
      facts.corsOrigin = origin;
    }
    String method = x.head().header("access-control-request-method");
    if (method == null || method.isEmpty() || !"OPTIONS".equals(x.head().method())) {
      return PASS;
    }
    if (!allowed && cors.forwardsUnmatched()) {
      return PASS;
    }
    return new Rejection(
        200, 0, "-", "SELV-6011", "", "CORS preflight", granted(cors, x.head(), method, facts));
  }

  private static Map<String, String> granted(
      Cors cors, RequestHead head, String method, MeshFacts facts) {
    Map<String, String> headers = new HashMap<>(facts.corsMarks());
    put(headers, "access-control-allow-methods", cors.allowMethods(), method);
    put(
        headers,
        "access-control-allow-headers",
        cors.allowHeaders(),
        head.header("access-control-request-headers"));
    if (cors.allowCredentials()) {
      headers.put("access-control-allow-credentials", "true");
    }
    if (cors.maxAge() != null) {
      headers.put("access-control-max-age", String.valueOf(cors.maxAge().toSeconds()));
    }
    if (cors.privateNetwork()
        && "true".equals(head.header("access-control-request-private-network"))) {
      headers.put("access-control-allow-private-network", "true");
    }
    return headers;
  }

  @Override
  protected void onOutcome(Exchange x, Outcome outcome) {
    if (outcome instanceof Responded responded && MeshFacts.of(x).corsOrigin != null) {
      MeshFacts.of(x).corsMarks().forEach(responded.head()::setHeader);
    }
  }

  /** Answers and redirects of the mesh itself have none, as in Envoy. */
  private static @Nullable Cors rules(@Nullable CompiledRoute route) {
    if (route == null
        || route.route().action() instanceof RouteAction.Redirect
        || route.route().action() instanceof RouteAction.Direct) {
      return null;
    }
    return route.route().cors();
  }

  private static boolean allowed(@Nullable CompiledRoute route, String origin) {
    return route != null
        && (StringTest.any(route.corsOrigins(), origin)
            || StringTest.any(route.corsOrigins(), "*"));
  }

  private static void put(
      Map<String, String> headers, String name, List<String> values, @Nullable String asked) {
    if (values.isEmpty()) {
      return;
    }
    String text = String.join(",", values);
    headers.put(name, !"*".equals(text) ? text : asked == null ? "" : asked);
  }
}
