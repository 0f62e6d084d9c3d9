package io.selvage.controller.resource.view;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Gateway API's {@code SessionPersistence}: a client stays at the endpoint that answered first.
 *
 * @param sessionName of cookie or header; empty lets the controller choose
 * @param absoluteTimeout how long a permanent session lasts; null if not given
 * @param header carried by a header rather than by a cookie
 * @param cookieConfig whether {@code cookieConfig} is there
 * @param idleTimeout whether {@code idleTimeout} is there, which older versions had
 * @param permanent whether the cookie outlives the client's session
 */
public record SessionPersistence(
    String sessionName,
    @Nullable Duration absoluteTimeout,
    boolean header,
    boolean cookieConfig,
    boolean idleTimeout,
    boolean permanent) {
  static SessionPersistence parse(Fields f) {
    return new SessionPersistence(
        f.text("sessionName"),
        f.durationOrNull("absoluteTimeout"),
        f.text("type").equals("Header"),
        f.has("cookieConfig"),
        f.has("idleTimeout"),
        f.object("cookieConfig").text("lifetimeType").equals("Permanent"));
  }
}
