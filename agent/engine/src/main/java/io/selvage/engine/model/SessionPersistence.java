package io.selvage.engine.model;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Requests of one session go to one endpoint, which the session itself names (Envoy {@code
 * StatefulSession}).
 *
 * @param state where the endpoint's name is kept; null = sessions are not kept
 * @param strict an endpoint that is gone refuses the request instead of giving it to another
 * @param strictStatus of that refusal; 503 unless said otherwise
 */
public record SessionPersistence(@Nullable State state, boolean strict, int strictStatus) {
  /** Nothing is kept. */
  public static final SessionPersistence NONE = new SessionPersistence(null, false, 503);

  /** Where an endpoint's name is kept. */
  public sealed interface State {}

  /**
   * In a cookie (Envoy {@code CookieBasedSessionState}).
   *
   * @param ttl zero = for as long as the browser is open
   * @param path requests to other paths have no session; empty = all paths
   */
  public record Cookie(String name, Duration ttl, String path) implements State {}

  /**
   * In a header of request and response (Envoy {@code HeaderBasedSessionState}).
   *
   * @param name lower case
   */
  public record Header(String name) implements State {}
}
