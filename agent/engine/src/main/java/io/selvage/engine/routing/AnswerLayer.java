package io.selvage.engine.routing;

import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Layer;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.flow.RequestHead;
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
    CompiledRoute route = MeshFacts.of(x).compiledRoute;
    if (route == null) {
      return PASS;
    }
    if (route.route().action() instanceof RouteAction.Redirect redirect) {
      Map<String, String> headers =
          Map.of("location", Redirects.location(redirect, route.rewriter(), x.head()));
      return answer(redirect.status(), "", "redirect", headers, route, x.head());
    }
    if (route.route().action() instanceof RouteAction.Direct direct) {
      Map<String, String> headers = new HashMap<>();
      if (direct.body().length > 0) {
        headers.put(
            "content-type", direct.contentType() == null ? "text/plain" : direct.contentType());
      }
      String body = new String(direct.body(), StandardCharsets.UTF_8);
      return answer(direct.status(), body, "direct response", headers, route, x.head());
    }
    return PASS;
  }

  private static Rejection answer(
      int status,
      String body,
      String detail,
      Map<String, String> headers,
      CompiledRoute route,
      RequestHead head) {
    return new Rejection(
        status,
        StatusCodes.grpcOf(status),
        "-",
        "SELV-6010",
        body,
        detail,
        route.responseEdits()[0].answered(headers, head));
  }
}
