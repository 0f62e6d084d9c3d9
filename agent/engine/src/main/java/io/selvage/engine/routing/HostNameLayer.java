package io.selvage.engine.routing;

import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.AttemptLayer;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.match.Cidr;
import io.selvage.engine.model.Endpoint;
import io.selvage.engine.model.RouteAction;
import io.selvage.engine.snapshot.CompiledRoute;
import io.selvage.engine.snapshot.MeshFacts;
import org.jspecify.annotations.Nullable;

/**
 * Makes the host name of the chosen endpoint the authority where the route says so; an endpoint
 * known by its IP address alone changes nothing. Source: Envoy {@code auto_host_rewrite}.
 */
public final class HostNameLayer extends AttemptLayer {
  @Override
  protected @Nullable Outcome onAttempt(Exchange x, Attempt a) {
    CompiledRoute route = MeshFacts.of(x).compiledRoute;
    RouteAction.Forward forward = route == null ? null : route.forward();
    if (forward == null || forward.rewrite() == null || !forward.rewrite().authorityFromHost()) {
      return PASS;
    }
    Endpoint endpoint = a.endpoint();
    if (endpoint != null && !Cidr.isAddress(endpoint.address())) {
      x.head().rewriteAuthority(endpoint.address());
    }
    return PASS;
  }
}
