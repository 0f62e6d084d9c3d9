package io.selvage.engine.model;

import org.jspecify.annotations.Nullable;

/**
 * One route: first match wins (Envoy {@code Route}).
 *
 * @param name for logs and explanations; may be empty
 * @param fault the fault filter's configuration for this route, which replaces the listener's
 * @param cors applied on the server side only
 * @param session replaces the listener's; null = the listener's
 */
public record Route(
    String name,
    RouteMatch match,
    RouteAction action,
    HeaderOps requestHeaders,
    HeaderOps responseHeaders,
    @Nullable Fault fault,
    @Nullable Cors cors,
    @Nullable SessionPersistence session) {
  /** Whose sessions are the listener's. */
  public Route(
      String name,
      RouteMatch match,
      RouteAction action,
      HeaderOps requestHeaders,
      HeaderOps responseHeaders,
      @Nullable Fault fault,
      @Nullable Cors cors) {
    this(name, match, action, requestHeaders, responseHeaders, fault, cors, null);
  }
}
