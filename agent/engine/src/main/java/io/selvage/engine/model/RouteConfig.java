package io.selvage.engine.model;

import java.util.List;

/**
 * The virtual hosts of one port, as RDS delivers them (Envoy {@code RouteConfiguration}).
 *
 * @param matching how hosts are looked up
 * @param mostSpecificWins whether a route's header operations come after (and so win over) those of
 *     its virtual host and of the whole configuration; else before
 */
public record RouteConfig(
    String name,
    List<VirtualHost> virtualHosts,
    HeaderOps requestHeaders,
    HeaderOps responseHeaders,
    HostMatching matching,
    boolean mostSpecificWins) {
  /** What is done about a port in the authority that is looked up. */
  public enum HostMatching {
    /** It is part of the name (Envoy's default). */
    WITH_PORT,
    /** It is left out (Envoy {@code ignore_port_in_host_matching}). */
    WITHOUT_PORT,
    /** As it is written, and then without. */
    EITHER
  }

  /** With nothing said of how hosts are looked up. */
  public RouteConfig(
      String name,
      List<VirtualHost> virtualHosts,
      HeaderOps requestHeaders,
      HeaderOps responseHeaders) {
    this(name, virtualHosts, requestHeaders, responseHeaders, HostMatching.EITHER, false);
  }

  public RouteConfig {
    virtualHosts = List.copyOf(virtualHosts);
  }
}
