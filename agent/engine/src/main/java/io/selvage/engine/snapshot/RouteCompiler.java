package io.selvage.engine.snapshot;

import io.selvage.engine.match.RegexReplacement;
import io.selvage.engine.match.RouteTable;
import io.selvage.engine.match.RouteTest;
import io.selvage.engine.match.StringTest;
import io.selvage.engine.model.Cors;
import io.selvage.engine.model.Fault;
import io.selvage.engine.model.HeaderOps;
import io.selvage.engine.model.RequestLimits;
import io.selvage.engine.model.Rewrite;
import io.selvage.engine.model.Route;
import io.selvage.engine.model.RouteAction;
import io.selvage.engine.model.RouteConfig;
import io.selvage.engine.model.VirtualHost;
import io.selvage.engine.model.WeightedCluster;
import io.selvage.engine.model.WorkloadPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Compiles route configurations; a route that cannot be compiled is left out with a reason. */
final class RouteCompiler {
  /** Envoy's default for {@code RouteAction.timeout}. */
  private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(15);

  private final List<Reason> reasons;
  private final StateTable states;

  RouteCompiler(List<Reason> reasons, StateTable states) {
    this.reasons = reasons;
    this.states = states;
  }

  CompiledRoutes compile(RouteConfig config) {
    List<CompiledRoutes.Site> sites = new ArrayList<>();
    for (VirtualHost host : config.virtualHosts()) {
      sites.add(site(config, host));
    }
    return new CompiledRoutes(sites, config.matching());
  }

  private CompiledRoutes.Site site(RouteConfig config, VirtualHost host) {
    List<RouteTest> tests = new ArrayList<>();
    List<CompiledRoute> routes = new ArrayList<>();
    for (int i = 0; i < host.routes().size(); i++) {
      Route route = host.routes().get(i);
      String field = "virtual_hosts[" + host.name() + "].routes[" + i + "]";
      try {
        RouteTest test = RouteTest.of(route.match());
        routes.add(route(config, host, route, field));
        tests.add(test);
      } catch (IllegalArgumentException bad) {
        reasons.add(
            new Reason(
                "RouteConfiguration " + config.name(), field, String.valueOf(bad.getMessage())));
      }
    }
    return new CompiledRoutes.Site(host, new RouteTable<>(tests, routes));
  }

  private CompiledRoute route(RouteConfig config, VirtualHost host, Route route, String field) {
    RouteAction.Forward forward = route.action() instanceof RouteAction.Forward f ? f : null;
    List<WeightedCluster> shares = forward == null ? List.of() : forward.clusters();
    int n = Math.max(1, shares.size());
    HeaderEdits[] request = new HeaderEdits[n];
    HeaderEdits[] response = new HeaderEdits[n];
    for (int i = 0; i < n; i++) {
      HeaderOps shareRequest = shares.isEmpty() ? HeaderOps.NONE : shares.get(i).requestHeaders();
      HeaderOps shareResponse = shares.isEmpty() ? HeaderOps.NONE : shares.get(i).responseHeaders();
      request[i] =
          edits(
              config,
              shares.isEmpty() ? null : shares.get(i).authority(),
              shareRequest,
              route.requestHeaders(),
              host.requestHeaders(),
              config.requestHeaders());
      response[i] =
          edits(
              config,
              null,
              shareResponse,
              route.responseHeaders(),
              host.responseHeaders(),
              config.responseHeaders());
    }
    return new CompiledRoute(
        route,
        host,
        forward == null ? null : new Split(shares),
        request,
        response,
        fault(route.fault()),
        forward == null ? null : retry(config, forward, field),
        forward == null ? Long.MAX_VALUE : timeoutNanos(forward.timeout()),
        rewriter(route),
        authorityFromPath(forward),
        origins(route.cors()),
        route.rateLimit() == null
            ? null
            : states.limiter(config.name() + " " + field, route.rateLimit()),
        CompiledRule.of(route.rateLimits()));
  }

  /** The limiters of a listener or chain. */
  Limiters limiters(String place, RequestLimits limits) {
    return limits.equals(RequestLimits.NONE)
        ? Limiters.NONE
        : new Limiters(
            limits.rate() == null ? null : states.limiter(place, limits.rate()),
            states.concurrency(place, limits.concurrency()),
            null);
  }

  /** The limiters of the workload as a server. */
  Limiters workload(WorkloadPolicy own) {
    return new Limiters(
        null, states.concurrency("workload", own.concurrency()), states.callers(own.rates()));
  }

  /** The share's come first in any case, as in Envoy. */
  private static HeaderEdits edits(
      RouteConfig config,
      @Nullable String authority,
      HeaderOps share,
      HeaderOps route,
      HeaderOps host,
      HeaderOps all) {
    return config.mostSpecificWins()
        ? new HeaderEdits(authority, share, all, host, route)
        : new HeaderEdits(authority, share, route, host, all);
  }

  private static @Nullable RegexReplacement authorityFromPath(RouteAction.@Nullable Forward f) {
    Rewrite rewrite = f == null ? null : f.rewrite();
    return rewrite == null || rewrite.authorityRegex() == null
        ? null
        : RegexReplacement.of(rewrite.authorityRegex());
  }

  static @Nullable CompiledFault fault(@Nullable Fault fault) {
    return fault == null ? null : new CompiledFault(fault);
  }

  private @Nullable RetryRules retry(
      RouteConfig config, RouteAction.Forward forward, String field) {
    return forward.retry() == null
        ? null
        : new RetryRules(
            forward.retry(),
            token ->
                reasons.add(
                    new Reason(
                        "RouteConfiguration " + config.name(),
                        field + ".route.retry_policy.retry_on",
                        "unknown condition '" + token + "' is ignored")));
  }

  private static long timeoutNanos(@Nullable Duration written) {
    Duration timeout = written == null ? DEFAULT_TIMEOUT : written;
    return timeout.isZero() || timeout.isNegative() ? Long.MAX_VALUE : timeout.toNanos();
  }

  private static @Nullable Rewriter rewriter(Route route) {
    if (route.action() instanceof RouteAction.Forward f && f.rewrite() != null) {
      Rewrite rewrite = f.rewrite();
      if (rewrite.template() != null) {
        return Rewriter.ofTemplate(rewrite.template(), route.match().path());
      }
      return rewrite.changesPath()
          ? Rewriter.of(rewrite.prefix(), rewrite.regex(), route.match().path())
          : null;
    }
    if (route.action() instanceof RouteAction.Redirect r
        && (r.prefixRewrite() != null || r.regexRewrite() != null)) {
      return Rewriter.of(r.prefixRewrite(), r.regexRewrite(), route.match().path());
    }
    return null;
  }

  private static List<StringTest> origins(@Nullable Cors cors) {
    return cors == null ? List.of() : StringTest.all(cors.allowOrigins());
  }
}
