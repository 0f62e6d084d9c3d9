package io.selvage.control.parse;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import io.envoyproxy.envoy.extensions.filters.http.stateful_session.v3.StatefulSession;
import io.envoyproxy.envoy.extensions.filters.http.stateful_session.v3.StatefulSessionPerRoute;
import io.envoyproxy.envoy.extensions.http.stateful_session.cookie.v3.CookieBasedSessionState;
import io.envoyproxy.envoy.extensions.http.stateful_session.header.v3.HeaderBasedSessionState;
import io.selvage.engine.model.SessionPersistence;
import io.selvage.xds.newer.NewerStatefulSession;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The {@code stateful_session} filter, of a listener and of a route. */
final class SessionParser {
  static final String FILTER = "envoy.extensions.filters.http.stateful_session.v3.StatefulSession";
  static final String PER_ROUTE =
      "envoy.extensions.filters.http.stateful_session.v3.StatefulSessionPerRoute";
  private static final String COOKIE =
      "envoy.extensions.http.stateful_session.cookie.v3.CookieBasedSessionState";
  private static final String HEADER =
      "envoy.extensions.http.stateful_session.header.v3.HeaderBasedSessionState";
  private static final int UNAVAILABLE = 503;

  private SessionParser() {}

  static @Nullable SessionPersistence filter(Any any, Field f) {
    StatefulSession session = f.unpack(any, FILTER, StatefulSession.parser());
    return session == null ? null : session(session, f);
  }

  static @Nullable SessionPersistence perRoute(Any any, Field f) {
    StatefulSessionPerRoute route = f.unpack(any, PER_ROUTE, StatefulSessionPerRoute.parser());
    if (route == null) {
      return null;
    }
    return switch (route.getOverrideCase()) {
      case DISABLED -> SessionPersistence.NONE;
      case STATEFUL_SESSION -> session(route.getStatefulSession(), f.at("stateful_session"));
      case OVERRIDE_NOT_SET -> {
        f.refuse("says neither disabled nor stateful_session");
        yield null;
      }
    };
  }

  private static SessionPersistence session(StatefulSession session, Field f) {
    if (!session.hasSessionState()) {
      return SessionPersistence.NONE;
    }
    Any any = session.getSessionState().getTypedConfig();
    Field at = f.at("session_state.typed_config");
    int status = session.getStrict() ? status(session, f) : UNAVAILABLE;
    return switch (Field.typeOf(any)) {
      case COOKIE -> {
        CookieBasedSessionState state = at.unpack(any, COOKIE, CookieBasedSessionState.parser());
        yield new SessionPersistence(
            state == null ? null : cookie(state, at), session.getStrict(), status);
      }
      case HEADER -> {
        HeaderBasedSessionState state = at.unpack(any, HEADER, HeaderBasedSessionState.parser());
        yield new SessionPersistence(
            state == null ? null : header(state, at), session.getStrict(), status);
      }
      default -> {
        at.refuse("neither a cookie nor a header: " + any.getTypeUrl());
        yield SessionPersistence.NONE;
      }
    };
  }

  /** A field that is newer than our artifact of the API. */
  private static int status(StatefulSession session, Field f) {
    try {
      int status =
          NewerStatefulSession.parseFrom(session.toByteString())
              .getStatusOnStrictDestinationNotFound();
      if (status != 0 && (status < 200 || status > 599)) {
        f.at("status_on_strict_destination_not_found").refuse("not a status: " + status);
      }
      return status == 0 ? UNAVAILABLE : status;
    } catch (InvalidProtocolBufferException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  private static SessionPersistence.Cookie cookie(CookieBasedSessionState state, Field f) {
    if (state.getCookie().getName().isEmpty()) {
      f.at("cookie.name").refuse("must not be empty");
    }
    return new SessionPersistence.Cookie(
        state.getCookie().getName(),
        state.getCookie().hasTtl()
            ? Values.duration(state.getCookie().getTtl(), f.at("cookie.ttl"))
            : Duration.ZERO,
        state.getCookie().getPath());
  }

  private static SessionPersistence.Header header(HeaderBasedSessionState state, Field f) {
    if (state.getName().isEmpty()) {
      f.at("name").refuse("must not be empty");
    }
    return new SessionPersistence.Header(state.getName().toLowerCase(Locale.ROOT));
  }
}
