package io.selvage.engine.routing;

import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Layer;
import io.selvage.engine.flow.Randomness;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.match.PathNormalizer;
import io.selvage.engine.model.PathPolicy;
import io.selvage.engine.snapshot.CompiledListener;
import io.selvage.engine.snapshot.CompiledRoute;
import io.selvage.engine.snapshot.CompiledRoutes;
import io.selvage.engine.snapshot.MeshFacts;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Finds virtual host and route; no route is Envoy's {@code 404 NR}. */
public final class RouteLayer extends Layer {
  private static final Rejection NO_HOST =
      Rejection.of(404, 12, "NR", "SELV-6002", "", "no virtual host has the authority");
  private static final Rejection NO_ROUTE =
      Rejection.of(404, 12, "NR", "SELV-6002", "", "no route of the virtual host matches");
  private static final Rejection NO_CONFIG =
      Rejection.of(404, 12, "NR", "SELV-6002", "", "the listener's routes are not known yet");

  private static final Rejection ESCAPED_SLASH =
      Rejection.of(400, 13, "-", "SELV-6010", "", "an escaped slash in the path");

  private static final Rejection NUL =
      Rejection.of(400, 13, "-", "SELV-6010", "", "an escaped NUL in the path");

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
    Rejection unfit = normalised(x, listener);
    if (unfit != null) {
      return unfit;
    }
    CompiledRoutes.Site site = listener.routes().site(x.head().authority());
    if (site == null) {
      return lost(facts, listener, NO_HOST);
    }
    facts.virtualHost = site.host();
    CompiledRoute route = site.routes().find(x.head(), random);
    if (route == null) {
      return lost(facts, listener, NO_ROUTE);
    }
    facts.compiledRoute = route;
    facts.route = route.route();
    return PASS;
  }

  /** A listener's fault filter stands before the router, so it also meets what has no route. */
  private static @Nullable Action lost(MeshFacts facts, CompiledListener listener, Rejection why) {
    if (listener.fault() == null) {
      return why;
    }
    facts.lost = why;
    return PASS;
  }

  /** Null when the path is as its listener wants it, or has been made so. */
  private static @Nullable Rejection normalised(Exchange x, CompiledListener listener) {
    PathPolicy policy = listener.paths();
    if (policy.equals(PathPolicy.AS_WRITTEN)) {
      return null;
    }
    String path = x.head().path();
    boolean escaped =
        policy.escapedSlashes() != PathPolicy.EscapedSlashes.KEEP
            && PathNormalizer.hasEscapedSlash(path);
    if (escaped && policy.escapedSlashes() == PathPolicy.EscapedSlashes.REJECT) {
      return ESCAPED_SLASH;
    }
    if (policy.normalize() && PathNormalizer.hasNul(path)) {
      return NUL;
    }
    x.head().rewritePath(PathNormalizer.of(path, policy));
    if (escaped && policy.escapedSlashes() == PathPolicy.EscapedSlashes.REDIRECT) {
      return new Rejection(
          307, 2, "-", "SELV-6010", "", "escaped slash", Map.of("location", x.head().path()));
    }
    return null;
  }
}
