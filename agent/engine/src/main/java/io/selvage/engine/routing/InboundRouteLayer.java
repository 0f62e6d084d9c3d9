package io.selvage.engine.routing;

import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Layer;
import io.selvage.engine.flow.Randomness;
import io.selvage.engine.snapshot.CompiledChain;
import io.selvage.engine.snapshot.CompiledRoute;
import io.selvage.engine.snapshot.MeshFacts;
import org.jspecify.annotations.Nullable;

/**
 * Finds the route of a request that came in, for what hangs on it (CORS, fault, name). The
 * application serves it in any case: a data plane in the process forwards to nobody else.
 */
public final class InboundRouteLayer extends Layer {
  private final Randomness random;

  public InboundRouteLayer(Randomness random) {
    this.random = random;
  }

  @Override
  protected @Nullable Action onRequest(Exchange x) {
    MeshFacts facts = MeshFacts.of(x);
    CompiledChain chain = facts.compiledChain;
    if (chain == null || chain.routes() == null) {
      return PASS;
    }
    CompiledRoute route = chain.routes().route(x.head(), random);
    if (route != null) {
      facts.compiledRoute = route;
      facts.route = route.route();
      facts.virtualHost = route.virtualHost();
    }
    return PASS;
  }
}
