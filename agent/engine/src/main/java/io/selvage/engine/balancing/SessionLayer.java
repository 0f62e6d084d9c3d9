package io.selvage.engine.balancing;

import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Layer;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.flow.Responded;
import io.selvage.engine.model.Listener;
import io.selvage.engine.model.SessionPersistence;
import io.selvage.engine.snapshot.CompiledCluster;
import io.selvage.engine.snapshot.CompiledRoute;
import io.selvage.engine.snapshot.Host;
import io.selvage.engine.snapshot.MeshFacts;
import io.selvage.engine.snapshot.SessionPin;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads which endpoint a request's session is pinned to, and tells the caller of a new one. Source:
 * Envoy {@code StatefulSession}: a route's rule replaces the listener's, and counts only where the
 * listener has the filter at all.
 */
public final class SessionLayer extends Layer {
  private final LongSupplier epochNanos;

  /**
   * @param epochNanos nanoseconds since 1970, by which cookies become void
   */
  public SessionLayer(LongSupplier epochNanos) {
    this.epochNanos = epochNanos;
  }

  @Override
  protected @Nullable Action onRequest(Exchange x) {
    MeshFacts facts = MeshFacts.of(x);
    SessionPersistence rule = rule(facts);
    if (rule == null || rule.state() == null) {
      return PASS;
    }
    if (rule.state() instanceof SessionPersistence.Cookie cookie) {
      if (covers(cookie.path(), facts.originalPath)) {
        String value = HashKey.cookie(x.head().header("cookie"), cookie.name());
        facts.pin =
            new SessionPin(rule, value == null ? null : SessionCookie.read(value, seconds()));
      }
    } else if (rule.state() instanceof SessionPersistence.Header header) {
      facts.pin = new SessionPin(rule, address(x.head().header(header.name())));
    }
    return PASS;
  }

  private static @Nullable SessionPersistence rule(MeshFacts facts) {
    SessionPersistence common =
        facts.compiledListener != null
                && facts.compiledListener.listener().target() instanceof Listener.Http http
            ? http.session()
            : null;
    CompiledRoute route = facts.compiledRoute;
    return common == null || route == null || route.route().session() == null
        ? common
        : route.route().session();
  }

  private static @Nullable String address(@Nullable String header) {
    byte[] text = header == null ? null : SessionCookie.decoded(header);
    return text == null || text.length == 0 ? null : new String(text, StandardCharsets.UTF_8);
  }

  /** As a browser would: the cookie's path, or a path below it. */
  private static boolean covers(String path, String request) {
    if (path.isEmpty() || path.equals("/")) {
      return true;
    }
    if (!request.startsWith(path)) {
      return false;
    }
    return path.endsWith("/")
        || request.length() == path.length()
        || "/?#".indexOf(request.charAt(path.length())) >= 0;
  }

  @Override
  protected void onOutcome(Exchange x, Outcome outcome) {
    SessionPin pin = MeshFacts.of(x).pin;
    Attempt attempt = x.currentAttempt();
    Host host = attempt == null ? null : CompiledCluster.leased(attempt.lease());
    if (pin == null || host == null || !(outcome instanceof Responded responded)) {
      return;
    }
    String address = host.authority();
    if (address.equals(pin.address())) {
      return;
    }
    if (pin.rule().state() instanceof SessionPersistence.Header header) {
      responded
          .head()
          .setHeader(
              header.name(),
              Base64.getEncoder().encodeToString(address.getBytes(StandardCharsets.UTF_8)));
    } else if (pin.rule().state() instanceof SessionPersistence.Cookie cookie) {
      responded.head().addHeader("set-cookie", setCookie(cookie, address));
    }
  }

  private String setCookie(SessionPersistence.Cookie cookie, String address) {
    long ttl = cookie.ttl().toSeconds();
    return cookie.name()
        + "=\""
        + SessionCookie.write(address, ttl == 0 ? 0 : seconds() + ttl)
        + "\""
        + (ttl == 0 ? "" : "; Max-Age=" + ttl)
        + (cookie.path().isEmpty() ? "" : "; Path=" + cookie.path())
        + "; HttpOnly";
  }

  private long seconds() {
    return epochNanos.getAsLong() / 1_000_000_000;
  }
}
