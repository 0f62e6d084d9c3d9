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
    HeaderOps responseHeaders) {
  public VirtualHost {
    domains = List.copyOf(domains);
    routes = List.copyOf(routes);
  }
}
