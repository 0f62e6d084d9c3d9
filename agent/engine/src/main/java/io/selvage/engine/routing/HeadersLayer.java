package io.selvage.engine.routing;

import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Layer;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.flow.RequestHead;
import io.selvage.engine.flow.Responded;
import io.selvage.engine.model.Rewrite;
import io.selvage.engine.model.RouteAction;
import io.selvage.engine.snapshot.CompiledRoute;
import io.selvage.engine.snapshot.MeshFacts;
import org.jspecify.annotations.Nullable;

/**
 * Adds and removes the headers that the route names, rewrites path and authority, and edits the
 * response's headers on the way up.
 */
public final class HeadersLayer extends Layer {
  @Override
  protected @Nullable Action onRequest(Exchange x) {
    MeshFacts facts = MeshFacts.of(x);
    RequestHead head = x.head();
    if (head.header("x-forwarded-client-cert") != null) {
      // Envoy's default (SANITIZE): who called us is not what we are to the next
      head.removeHeader("x-forwarded-client-cert");
    }
    CompiledRoute route = facts.compiledRoute;
    if (route == null) {
      return PASS;
    }
    route.requestEdits()[facts.shareIndex].applyTo(head);
    if (route.rewriter() != null) {
      head.setHeader("x-envoy-original-path", head.path());
      head.rewritePath(route.rewriter().apply(head.path()));
    }
    RouteAction.Forward forward = route.forward();
    if (forward != null && forward.rewrite() != null) {
      rewriteAuthority(head, forward.rewrite());
    }
    return PASS;
  }

  private static void rewriteAuthority(RequestHead head, Rewrite rewrite) {
    if (rewrite.authority() != null && !rewrite.authority().isEmpty()) {
      head.rewriteAuthority(rewrite.authority());
    }
  }

  @Override
  protected void onOutcome(Exchange x, Outcome outcome) {
    MeshFacts facts = MeshFacts.of(x);
    if (!(outcome instanceof Responded responded) || facts.compiledRoute == null) {
      return;
    }
    facts.compiledRoute.responseEdits()[facts.shareIndex].applyTo(responded.head(), x.head());
    Attempt attempt = x.currentAttempt();
    if (facts.stickyCookie != null && attempt != null) {
      responded.head().addHeader("set-cookie", facts.stickyCookie);
    }
  }
}
