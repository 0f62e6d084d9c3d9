package io.selvage.engine.snapshot;

import io.selvage.engine.flow.Randomness;
import io.selvage.engine.flow.RequestHead;
import io.selvage.engine.match.HostTable;
import io.selvage.engine.match.RouteTable;
import io.selvage.engine.model.RouteConfig;
import io.selvage.engine.model.VirtualHost;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A route configuration: virtual hosts by authority, routes by match. */
public final class CompiledRoutes {
  /** A virtual host with its routes. */
  public record Site(VirtualHost host, RouteTable<CompiledRoute> routes) {}

  private final HostTable<Site> sites;

  CompiledRoutes(List<Site> sites, RouteConfig.HostMatching matching) {
    this.sites = new HostTable<>(sites, site -> site.host().domains(), matching);
  }

  /** The virtual host of an authority; null when there is none. */
  public @Nullable Site site(String authority) {
    return sites.find(authority);
  }

  /** The route of a request; null when there is none. */
  public @Nullable CompiledRoute route(RequestHead head, Randomness random) {
    Site site = sites.find(head.authority());
    return site == null ? null : site.routes().find(head, random);
  }
}
