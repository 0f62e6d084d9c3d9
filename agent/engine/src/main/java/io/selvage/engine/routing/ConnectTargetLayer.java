package io.selvage.engine.routing;

import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Layer;
import io.selvage.engine.flow.Randomness;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.model.PathMatch;
import io.selvage.engine.model.RouteAction;
import io.selvage.engine.snapshot.CompiledListener;
import io.selvage.engine.snapshot.CompiledRoute;
import io.selvage.engine.snapshot.CompiledRoutes;
import io.selvage.engine.snapshot.MeshFacts;
import org.jspecify.annotations.Nullable;

/**
 * The clusters of a raw connection to a port whose listener speaks HTTP: those of the route that
 * takes any path without further conditions. Rules that look at requests cannot apply, as the
 * connection floor sees none; weights apply per connection.
 */
public final class ConnectTargetLayer extends Layer {
  private static final Rejection NO_HOST =
      Rejection.of(404, 12, "NR", "SELV-6002", "", "no virtual host has the name");
  private static final Rejection NO_ROUTE =
      Rejection.of(404, 12, "NR", "SELV-6002", "", "no route takes any path");

  private final Randomness random;

  public ConnectTargetLayer(Randomness random) {
    this.random = random;
  }

  @Override
  protected @Nullable Action onRequest(Exchange x) {
    MeshFacts facts = MeshFacts.of(x);
    CompiledListener listener = facts.compiledListener;
    if (listener == null || !listener.isHttp() || listener.routes() == null) {
      return PASS;
    }
    CompiledRoutes.Site site = listener.routes().site(x.head().authority());
    if (site == null) {
      return NO_HOST;
    }
    facts.virtualHost = site.host();
    CompiledRoute route = catchAll(site);
    if (route == null || route.split() == null) {
      return NO_ROUTE;
    }
    facts.route = route.route();
    int share = route.split().choose(random);
    facts.share = share < 0 ? null : route.split().shares().get(share);
    return PASS;
  }

  private static @Nullable CompiledRoute catchAll(CompiledRoutes.Site site) {
    for (CompiledRoute route : site.routes().routes()) {
      if (route.route().action() instanceof RouteAction.Forward
          && route.route().match().headers().isEmpty()
          && route.route().match().query().isEmpty()
          && isAny(route.route().match().path())) {
        return route;
      }
    }
    return null;
  }

  private static boolean isAny(PathMatch path) {
    return (path instanceof PathMatch.Prefix p && "/".equals(p.prefix()))
        || (path instanceof PathMatch.SeparatedPrefix s && "/".equals(s.prefix()))
        || (path instanceof PathMatch.Regex r
            && (".*".equals(r.regex()) || "/.*".equals(r.regex())));
  }
}
