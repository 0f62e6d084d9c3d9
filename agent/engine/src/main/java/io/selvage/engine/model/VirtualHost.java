package io.selvage.engine.model;

import java.util.List;

/**
 * Routes for a set of authorities (Envoy {@code VirtualHost}).
 *
 * @param domains exact, {@code *.suffix}, {@code prefix.*} or {@code *}; matched without case, in
 *     Envoy's order
 */
public record VirtualHost(
    String name,
    List<String> domains,
    List<Route> routes,
    HeaderOps requestHeaders,
    HeaderOps responseHeaders,
    AttemptHeaders attemptHeaders) {
  /**
   * Which headers tell of attempts (Envoy {@code include_request_attempt_count}, {@code
   * include_attempt_count_in_response}, {@code include_is_timeout_retry_header}).
   */
  public record AttemptHeaders(boolean inRequest, boolean inResponse, boolean timeoutRetry) {
    /** The upstream is told, as in Istio. */
    public static final AttemptHeaders ISTIO = new AttemptHeaders(true, false, false);
  }

  /** Whose upstreams are told the number of the attempt. */
  public VirtualHost(
      String name,
      List<String> domains,
      List<Route> routes,
      HeaderOps requestHeaders,
      HeaderOps responseHeaders) {
    this(name, domains, routes, requestHeaders, responseHeaders, AttemptHeaders.ISTIO);
  }

  public VirtualHost {
    domains = List.copyOf(domains);
    routes = List.copyOf(routes);
  }
}
