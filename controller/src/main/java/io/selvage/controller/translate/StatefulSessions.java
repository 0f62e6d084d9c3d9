package io.selvage.controller.translate;

import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.extensions.filters.http.stateful_session.v3.StatefulSession;
import io.envoyproxy.envoy.extensions.filters.http.stateful_session.v3.StatefulSessionPerRoute;
import io.envoyproxy.envoy.extensions.http.stateful_session.cookie.v3.CookieBasedSessionState;
import io.envoyproxy.envoy.extensions.http.stateful_session.header.v3.HeaderBasedSessionState;
import io.envoyproxy.envoy.type.http.v3.Cookie;
import io.selvage.controller.resource.view.SessionPersistence;
import java.time.Duration;
import java.util.Locale;

/** Session persistence as Envoy's {@code stateful_session} filter by route. */
final class StatefulSessions {
  static final String FILTER = "envoy.filters.http.stateful_session";
  private static final String COOKIE = "envoy.http.stateful_session.cookie";
  private static final String HEADER = "envoy.http.stateful_session.header";

  private StatefulSessions() {}

  /**
   * Puts it on a route.
   *
   * @param owner what a session without a name is named after
   */
  static void apply(Route.Builder route, SessionPersistence session, String owner) {
    TypedExtensionConfig state =
        session.header() ? header(name(session, owner)) : cookie(route, session, owner);
    route.putTypedPerFilterConfig(
        FILTER,
        Protos.any(
            StatefulSessionPerRoute.newBuilder()
                .setStatefulSession(StatefulSession.newBuilder().setSessionState(state))
                .build()));
  }

  private static TypedExtensionConfig header(String name) {
    return TypedExtensionConfig.newBuilder()
        .setName(HEADER)
        .setTypedConfig(Protos.any(HeaderBasedSessionState.newBuilder().setName(name).build()))
        .build();
  }

  private static TypedExtensionConfig cookie(
      Route.Builder route, SessionPersistence session, String owner) {
    Cookie.Builder cookie =
        Cookie.newBuilder().setName(name(session, owner)).setPath(path(route.getMatch()));
    Duration lifetime = session.absoluteTimeout();
    if (session.permanent() && lifetime != null) {
      cookie.setTtl(Protos.duration(lifetime));
    }
    return TypedExtensionConfig.newBuilder()
        .setName(COOKIE)
        .setTypedConfig(Protos.any(CookieBasedSessionState.newBuilder().setCookie(cookie).build()))
        .build();
  }

  // the cookie is for the paths of its route; where those are not known it is for all
  private static String path(RouteMatch match) {
    return switch (match.getPathSpecifierCase()) {
      case PATH -> match.getPath();
      case PATH_SEPARATED_PREFIX -> match.getPathSeparatedPrefix();
      case PREFIX -> match.getPrefix();
      default -> "/";
    };
  }

  private static String name(SessionPersistence session, String owner) {
    if (!session.sessionName().isEmpty()) {
      return session.sessionName();
    }
    String hash = String.format(Locale.ROOT, "%08x", owner.hashCode());
    return session.header() ? "x-selvage-session-" + hash : "selvage-session-" + hash;
  }
}
