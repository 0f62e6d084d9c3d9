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
import io.selvage.engine.snapshot.Rewriter;
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
    route.requestEdits()[facts.shareIndex].applyTo(head, x);
    RouteAction.Forward forward = route.forward();
    if (forward != null && forward.rewrite() != null) {
      rewriteAuthority(head, route, forward.rewrite());
    }
    if (route.rewriter() != null) {
      changePath(head, route.rewriter());
    }
    return PASS;
  }

  private static void changePath(RequestHead head, Rewriter rewriter) {
    String changed = rewriter.apply(head.path());
    if (changed != null) {
      head.setHeader("x-envoy-original-path", head.path());
      head.rewritePath(changed);
    }
  }

  private static void rewriteAuthority(RequestHead head, CompiledRoute route, Rewrite rewrite) {
    String wanted = rewrite.authority();
    if (wanted == null && rewrite.authorityHeader() != null) {
      wanted = head.firstHeader(rewrite.authorityHeader());
    } else if (wanted == null && route.authorityFromPath() != null) {
      wanted = route.authorityFromPath().of(head.pathOnly());
    }
    if (wanted != null && !wanted.isEmpty()) {
      changeAuthority(head, wanted, rewrite.tellForwardedHost());
    }
  }

  private static void changeAuthority(RequestHead head, String wanted, boolean tell) {
    if (tell) {
      head.addHeader("x-forwarded-host", head.authority());
    }
    head.setHeader("x-envoy-original-host", head.authority());
    head.rewriteAuthority(wanted);
  }

  @Override
  protected void onOutcome(Exchange x, Outcome outcome) {
    MeshFacts facts = MeshFacts.of(x);
    if (!(outcome instanceof Responded responded) || facts.compiledRoute == null) {
      return;
    }
    facts.compiledRoute.responseEdits()[facts.shareIndex].applyTo(responded.head(), x);
    Attempt attempt = x.currentAttempt();
    if (facts.stickyCookie != null && attempt != null) {
      responded.head().addHeader("set-cookie", facts.stickyCookie);
    }
  }
}
