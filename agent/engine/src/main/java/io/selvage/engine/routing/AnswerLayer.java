package io.selvage.engine.routing;

import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Layer;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.model.RouteAction;
import io.selvage.engine.snapshot.CompiledRoute;
import io.selvage.engine.snapshot.MeshFacts;
import io.selvage.engine.snapshot.StatusCodes;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Answers redirects and direct responses in the upstream's place. */
public final class AnswerLayer extends Layer {
  @Override
  protected @Nullable Action onRequest(Exchange x) {
    MeshFacts facts = MeshFacts.of(x);
    CompiledRoute route = facts.compiledRoute;
    if (route == null) {
      return facts.lost;
    }
    if (route.route().action() instanceof RouteAction.Redirect redirect) {
      if (route.rewriter() != null) {
        // as in Envoy, what is said of the request speaks of the path as it is rewritten
        String changed = route.rewriter().apply(x.head().path());
        if (changed != null) {
          x.head().setHeader("x-envoy-original-path", x.head().path());
          x.head().rewritePath(changed);
        }
      }
      Map<String, String> headers = Map.of("location", Redirects.location(redirect, x.head()));
      return answer(redirect.status(), "", "redirect", headers, route, x);
    }
    if (route.route().action() instanceof RouteAction.Direct direct) {
      Map<String, String> headers = new HashMap<>();
      if (direct.status() == 201 || direct.status() / 100 == 3) {
        headers.put("location", Redirects.here(x.head()));
      }
      String body = new String(direct.body(), StandardCharsets.UTF_8);
      return typed(
          answer(direct.status(), body, "direct response", headers, route, x),
          direct.contentType() == null ? "text/plain" : direct.contentType());
    }
    return PASS;
  }

  private static Rejection answer(
      int status,
      String body,
      String detail,
      Map<String, String> headers,
      CompiledRoute route,
      Exchange x) {
    Rejection bare =
        new Rejection(status, StatusCodes.grpcOf(status), "-", "SELV-6010", body, detail, headers);
    return route.responseEdits()[0].answered(bare, x);
  }

  /** An answer with a body has a type, even where the route says nothing of it. */
  private static Rejection typed(Rejection answer, String standard) {
    if (answer.body().isEmpty() || answer.headers().containsKey("content-type")) {
      return answer;
    }
    Map<String, String> typed = new HashMap<>(answer.headers());
    typed.put("content-type", standard);
    return answer.with(typed);
  }
}
