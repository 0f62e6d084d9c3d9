package io.selvage.engine.model;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One route: first match wins (Envoy {@code Route}).
 *
 * @param name for logs and explanations; may be empty
 * @param fault the fault filter's configuration for this route, which replaces the listener's
 * @param cors applied on the server side only
 * @param session replaces the listener's; null = the listener's
 * @param rateLimit replaces the listener's local rate limit; null = the listener's
 * @param rateLimits how descriptors of requests are made for it
 */
public record Route(
    String name,
    RouteMatch match,
    RouteAction action,
    HeaderOps requestHeaders,
    HeaderOps responseHeaders,
    @Nullable Fault fault,
    @Nullable Cors cors,
    @Nullable SessionPersistence session,
    @Nullable LocalRateLimit rateLimit,
    List<LocalRateLimit.Rule> rateLimits) {
  public Route {
    rateLimits = List.copyOf(rateLimits);
  }

  /** A route whose sessions and limits are the listener's. */
  public Route(
      String name,
      RouteMatch match,
      RouteAction action,
      HeaderOps requestHeaders,
      HeaderOps responseHeaders,
      @Nullable Fault fault,
      @Nullable Cors cors) {
    this(name, match, action, requestHeaders, responseHeaders, fault, cors, null, null, List.of());
  }
}
