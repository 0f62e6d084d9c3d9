package io.selvage.engine.routing;

import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Layer;
import io.selvage.engine.flow.Randomness;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.snapshot.CompiledListener;
import io.selvage.engine.snapshot.CompiledRoute;
import io.selvage.engine.snapshot.CompiledRoutes;
import io.selvage.engine.snapshot.MeshFacts;
import org.jspecify.annotations.Nullable;

/** Finds virtual host and route; no route is Envoy's {@code 404 NR}. */
public final class RouteLayer extends Layer {
  private static final Rejection NO_HOST =
      Rejection.of(404, 12, "NR", "SELV-6002", "", "no virtual host has the authority");
  private static final Rejection NO_ROUTE =
      Rejection.of(404, 12, "NR", "SELV-6002", "", "no route of the virtual host matches");
  private static final Rejection NO_CONFIG =
      Rejection.of(404, 12, "NR", "SELV-6002", "", "the listener's routes are not known yet");

  private final Randomness random;

  public RouteLayer(Randomness random) {
    this.random = random;
  }

  @Override
  protected @Nullable Action onRequest(Exchange x) {
    MeshFacts facts = MeshFacts.of(x);
    CompiledListener listener = facts.compiledListener;
    if (listener == null || !listener.isHttp()) {
      return PASS;
    }
    if (listener.routes() == null) {
      return NO_CONFIG;
    }
    CompiledRoutes.Site site = listener.routes().site(x.head().authority());
    if (site == null) {
      return NO_HOST;
    }
    facts.virtualHost = site.host();
    CompiledRoute route = site.routes().find(x.head(), random);
    if (route == null) {
      return NO_ROUTE;
    }
    facts.compiledRoute = route;
    facts.route = route.route();
    return PASS;
  }
}
