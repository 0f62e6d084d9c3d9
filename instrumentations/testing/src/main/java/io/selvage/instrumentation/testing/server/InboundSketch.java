package io.selvage.instrumentation.testing.server;

import io.selvage.engine.model.FilterChain;
import io.selvage.engine.model.HeaderMatch;
import io.selvage.engine.model.HeaderOps;
import io.selvage.engine.model.InboundListener;
import io.selvage.engine.model.MeshConfig;
import io.selvage.engine.model.NameTable;
import io.selvage.engine.model.Observability;
import io.selvage.engine.model.PathMatch;
import io.selvage.engine.model.Permission;
import io.selvage.engine.model.Principal;
import io.selvage.engine.model.RbacFilter;
import io.selvage.engine.model.Route;
import io.selvage.engine.model.RouteAction;
import io.selvage.engine.model.RouteConfig;
import io.selvage.engine.model.RouteMatch;
import io.selvage.engine.model.StringMatch;
import io.selvage.engine.model.VirtualHost;
import java.util.List;
import java.util.Map;

/**
 * What the control plane says of one port: STRICT or PERMISSIVE, nobody at {@code /admin} or with
 * {@code x-role: admin}, and one caller everywhere else.
 */
final class InboundSketch {
  private InboundSketch() {}

  static MeshConfig strict(int port, String caller) {
    return config(List.of(chain(port, FilterChain.Transport.TLS, caller)));
  }

  /** Everybody may do everything. */
  static MeshConfig open(int port) {
    return config(
        List.of(
            unguarded(port, FilterChain.Transport.TLS),
            unguarded(port, FilterChain.Transport.RAW)));
  }

  private static FilterChain unguarded(int port, FilterChain.Transport transport) {
    FilterChain chain = chain(port, transport, "");
    return new FilterChain(
        chain.name(),
        port,
        transport,
        List.of(),
        chain.tls(),
        new FilterChain.InboundHttp(routes(port), List.of(), null, Observability.DEFAULT),
        List.of());
  }

  static MeshConfig permissive(int port, String caller) {
    return config(
        List.of(
            chain(port, FilterChain.Transport.TLS, caller),
            chain(port, FilterChain.Transport.RAW, caller)));
  }

  /** STRICT, but {@code /hello} may be asked for in plaintext. */
  static MeshConfig exempting(int port, String caller) {
    RbacFilter only =
        rbac(
            RbacFilter.Action.ALLOW,
            new Permission.UrlPath(new StringMatch.Exact("/hello", false)),
            new Principal.Any());
    FilterChain plain =
        new FilterChain(
            port + "_exempt",
            port,
            FilterChain.Transport.RAW,
            List.of(),
            null,
            new FilterChain.InboundHttp(routes(port), List.of(only), null, Observability.DEFAULT),
            List.of(),
            true);
    return config(List.of(chain(port, FilterChain.Transport.TLS, caller), plain));
  }

  /** One rule about paths that start so, for everybody. */
  static MeshConfig paths(int port, RbacFilter.Action action, String prefix) {
    RbacFilter rule =
        rbac(
            action,
            new Permission.UrlPath(new StringMatch.Prefix(prefix, false)),
            new Principal.Any());
    return config(
        List.of(
            chain(port, FilterChain.Transport.TLS, List.of(rule)),
            chain(port, FilterChain.Transport.RAW, List.of(rule))));
  }

  private static MeshConfig config(List<FilterChain> chains) {
    return new MeshConfig(
        List.of(),
        new InboundListener(chains),
        Map.of(),
        Map.of(),
        Map.of(),
        NameTable.EMPTY,
        false);
  }

  private static FilterChain chain(int port, FilterChain.Transport transport, String caller) {
    RbacFilter deny =
        rbac(
            RbacFilter.Action.DENY,
            new Permission.Or(
                List.of(
                    new Permission.UrlPath(new StringMatch.Prefix("/admin", false)),
                    new Permission.Header(
                        new HeaderMatch(
                            "x-role",
                            new HeaderMatch.Value(new StringMatch.Exact("admin", false)),
                            false,
                            false)))),
            new Principal.Any());
    RbacFilter allow =
        rbac(
            RbacFilter.Action.ALLOW,
            new Permission.Any(),
            new Principal.Authenticated(new StringMatch.Exact(caller, false)));
    return chain(port, transport, List.of(deny, allow));
  }

  private static FilterChain chain(
      int port, FilterChain.Transport transport, List<RbacFilter> filters) {
    return new FilterChain(
        port + "_" + transport,
        port,
        transport,
        List.of(),
        transport == FilterChain.Transport.TLS
            ? new FilterChain.DownstreamTls(true, List.of(), List.of())
            : null,
        new FilterChain.InboundHttp(routes(port), filters, null, Observability.DEFAULT),
        List.of());
  }

  private static RbacFilter rbac(
      RbacFilter.Action action, Permission permission, Principal principal) {
    return new RbacFilter(
        new RbacFilter.Rules(
            action,
            Map.of("policy", new RbacFilter.Policy(List.of(permission), List.of(principal)))),
        null);
  }

  private static RouteConfig routes(int port) {
    Route route =
        new Route(
            "default",
            new RouteMatch(new PathMatch.Prefix("/", false), List.of(), List.of(), 1.0),
            new RouteAction.Accept(),
            HeaderOps.NONE,
            HeaderOps.NONE,
            null,
            null);
    VirtualHost host =
        new VirtualHost(
            "inbound|http|" + port, List.of("*"), List.of(route), HeaderOps.NONE, HeaderOps.NONE);
    return new RouteConfig("inbound|" + port + "||", List.of(host), HeaderOps.NONE, HeaderOps.NONE);
  }
}
