package io.selvage.engine.model;

import java.util.List;

/** The virtual hosts of one port, as RDS delivers them (Envoy {@code RouteConfiguration}). */
public record RouteConfig(
    String name,
    List<VirtualHost> virtualHosts,
    HeaderOps requestHeaders,
    HeaderOps responseHeaders) {
  public RouteConfig {
    virtualHosts = List.copyOf(virtualHosts);
  }
}
