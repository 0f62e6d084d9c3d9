package io.selvage.controller.translate;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.config.core.v3.RuntimeFractionalPercent;
import io.envoyproxy.envoy.config.route.v3.Decorator;
import io.envoyproxy.envoy.config.route.v3.RetryPolicy;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.config.route.v3.WeightedCluster;
import io.envoyproxy.envoy.type.matcher.v3.RegexMatchAndSubstitute;
import io.envoyproxy.envoy.type.matcher.v3.RegexMatcher;
import io.selvage.controller.resource.view.Destination;
import io.selvage.controller.resource.view.DestinationRule;
import io.selvage.controller.resource.view.HttpRoute;
import io.selvage.controller.resource.view.HttpRoute.HttpDestination;
import io.selvage.controller.resource.view.HttpRoute.HttpMatch;
import io.selvage.controller.resource.view.LoadBalancer;
import io.selvage.controller.resource.view.StringMatch;
import io.selvage.controller.resource.view.VirtualService;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Routes of one virtual host: those of its VirtualService, or the default one. */
final class HttpRoutes {
  private static final String FAULT = "envoy.filters.http.fault";
  private static final String CORS = "envoy.filters.http.cors";
  private final MeshView view;
  private final Caller caller;
  private final Rules rules;

  HttpRoutes(MeshView view, Caller caller, Rules rules) {
    this.view = view;
    this.caller = caller;
    this.rules = rules;
  }

  List<Route> of(MeshService service, int port) {
    List<Route> attached = new GatewayRoutes(view, caller, this).of(service, port);
    if (attached != null) {
      return attached;
    }
    VirtualService rule = rules.virtualService(service.host());
    if (rule == null || rule.http().isEmpty()) {
      return List.of(byDefault(service, port));
    }
    return of(rule, service.host(), port);
  }

  /** Those of a rule for a host, which need not be a service's. */
  List<Route> of(VirtualService rule, String host, int port) {
    List<Route> routes = new ArrayList<>();
    List<HttpRoute> http = rules.httpRoutes(rule);
    for (int i = 0; i < http.size(); i++) {
      HttpRoute route = http.get(i);
      String field = "spec.http[" + i + "]";
      if (route.match().isEmpty()) {
        routes.add(route(rule, route, null, host, port, field));
        return routes;
      }
      for (HttpMatch match : route.match()) {
        if (applies(match, port)) {
          Route built = route(rule, route, match, host, port, field);
          routes.add(built);
          if (RouteMatches.catchesAll(built.getMatch())) {
            return routes;
          }
        }
      }
    }
    return routes;
  }

  /** Conditions on the caller are decided here, so that data planes need not know them. */
  private boolean applies(HttpMatch match, int port) {
    Integer wanted = match.port();
    return (wanted == null || wanted == port)
        && (match.gateways().isEmpty() || match.gateways().contains("mesh"))
        && (match.sourceNamespace().isEmpty() || match.sourceNamespace().equals(caller.namespace()))
        && ServiceIndex.matches(match.sourceLabels(), caller.labels());
  }

  Route byDefault(MeshService service, int port) {
    RouteAction.Builder action =
        RouteAction.newBuilder()
            .setCluster(ClusterName.outbound(port, "", service.host()))
            .setTimeout(Protos.duration(Duration.ZERO));
    RetryPolicy retries = Retrying.of(null);
    if (retries != null) {
      action.setRetryPolicy(retries);
    }
    hashing(action, service.host(), "", port);
    Route.Builder route =
        Route.newBuilder()
            .setName("default")
            .setMatch(RouteMatches.everything())
            .setRoute(action)
            .setDecorator(operation(service.host(), port, "/*"));
    OwnKinds.defaulted(route);
    view.gateway().policies().persistSession(route, service.host());
    return route.build();
  }

  static Decorator operation(String host, int port, String path) {
    return Decorator.newBuilder().setOperation(host + ":" + port + path).build();
  }

  private Route route(
      VirtualService owner,
      HttpRoute from,
      @Nullable HttpMatch match,
      String host,
      int port,
      String field) {
    Route.Builder route =
        Route.newBuilder()
            .setName(name(from, match))
            .setMatch(match == null ? RouteMatches.everything() : RouteMatches.of(match))
            .setStatPrefix(match == null ? "" : match.statPrefix())
            .setMetadata(Protos.origin(owner.source()));
    if (from.retries() == null) {
      OwnKinds.defaulted(route);
    }
    HttpRoute.Redirect redirect = from.redirect();
    HttpRoute.DirectResponse direct = from.directResponse();
    if (redirect != null) {
      route.setRedirect(HttpFeatures.redirect(redirect, port));
    } else if (direct != null) {
      route.setDirectResponse(HttpFeatures.directResponse(direct));
    } else {
      route.setRoute(action(owner, from, match, port, field));
      route.setDecorator(operation(host, port, path(route.getMatch())));
    }
    headers(route, from);
    filters(route, owner, from, field);
    return route.build();
  }

  private static String name(HttpRoute from, @Nullable HttpMatch match) {
    if (match == null || match.name().isEmpty()) {
      return from.name();
    }
    return from.name().isEmpty() ? match.name() : from.name() + "." + match.name();
  }

  static String path(RouteMatch match) {
    return switch (match.getPathSpecifierCase()) {
      case PATH -> match.getPath();
      case PREFIX -> match.getPrefix() + "*";
      case PATH_SEPARATED_PREFIX -> match.getPathSeparatedPrefix() + "*";
      default -> "/*";
    };
  }

  private static void headers(Route.Builder route, HttpRoute from) {
    route
        .addAllRequestHeadersToAdd(HeaderChanges.additions(from.headers().request()))
        .addAllRequestHeadersToRemove(from.headers().request().remove())
        .addAllResponseHeadersToAdd(HeaderChanges.additions(from.headers().response()))
        .addAllResponseHeadersToRemove(from.headers().response().remove());
    if (from.route().size() == 1) {
      HttpDestination only = from.route().get(0);
      route
          .addAllRequestHeadersToAdd(HeaderChanges.additions(only.headers().request()))
          .addAllRequestHeadersToRemove(only.headers().request().remove())
          .addAllResponseHeadersToAdd(HeaderChanges.additions(only.headers().response()))
          .addAllResponseHeadersToRemove(only.headers().response().remove());
    }
  }

  private void filters(Route.Builder route, VirtualService owner, HttpRoute from, String field) {
    Any fault = HttpFeatures.fault(from.fault());
    if (fault != null) {
      route.putTypedPerFilterConfig(FAULT, fault);
      HttpRoute.Fault asked = from.fault();
      if (asked != null && asked.abort() != null && !asked.abort().http2Error().isEmpty()) {
        view.problems().unsupported(owner.source(), field + ".fault.abort.http2Error", "no effect");
      }
      if (asked != null && asked.delay() != null && asked.delay().exponentialDelay() != null) {
        view.problems()
            .unsupported(owner.source(), field + ".fault.delay.exponentialDelay", "no effect");
      }
    }
    Any cors = HttpFeatures.cors(from.corsPolicy());
    if (cors != null) {
      route.putTypedPerFilterConfig(CORS, cors);
    }
  }

  private RouteAction action(
      VirtualService owner, HttpRoute from, @Nullable HttpMatch match, int port, String field) {
    RouteAction.Builder action = RouteAction.newBuilder();
    Duration timeout = from.timeout();
    action.setTimeout(Protos.duration(timeout == null ? Duration.ZERO : timeout));
    RetryPolicy retries = Retrying.of(from.retries());
    if (retries != null) {
      action.setRetryPolicy(retries);
    }
    destinations(action, owner, from, port, field);
    rewrite(action, from, match);
    for (HttpRoute.Mirror mirror : from.mirrors()) {
      if (mirror.percentage() > 0) {
        action.addRequestMirrorPolicies(
            RouteAction.RequestMirrorPolicy.newBuilder()
                .setCluster(cluster(owner, mirror.destination(), port, field + ".mirror"))
                .setRuntimeFraction(
                    RuntimeFractionalPercent.newBuilder()
                        .setDefaultValue(Protos.percent(mirror.percentage()))));
      }
    }
    return action.build();
  }

  private void destinations(
      RouteAction.Builder action, VirtualService owner, HttpRoute from, int port, String field) {
    if (from.route().size() == 1) {
      Destination to = from.route().get(0).destination();
      action.setCluster(cluster(owner, to, port, field + ".route[0].destination"));
      hashing(action, resolved(owner, to), to.subset(), portOf(to, resolved(owner, to), port));
      return;
    }
    WeightedCluster.Builder weighted = WeightedCluster.newBuilder();
    for (int i = 0; i < from.route().size(); i++) {
      HttpDestination each = from.route().get(i);
      if (each.weight() == 0) {
        continue;
      }
      WeightedCluster.ClusterWeight.Builder share =
          WeightedCluster.ClusterWeight.newBuilder()
              .setName(
                  cluster(owner, each.destination(), port, field + ".route[" + i + "].destination"))
              .setWeight(Protos.number(each.weight()))
              .addAllRequestHeadersToAdd(HeaderChanges.additions(each.headers().request()))
              .addAllRequestHeadersToRemove(each.headers().request().remove())
              .addAllResponseHeadersToAdd(HeaderChanges.additions(each.headers().response()))
              .addAllResponseHeadersToRemove(each.headers().response().remove());
      String host = HeaderChanges.host(each.headers().request());
      if (!host.isEmpty()) {
        share.setHostRewriteLiteral(host);
      }
      weighted.addClusters(share);
      String to = resolved(owner, each.destination());
      if (action.getHashPolicyCount() == 0) {
        hashing(action, to, each.destination().subset(), portOf(each.destination(), to, port));
      }
    }
    action.setWeightedClusters(weighted);
  }

  String resolved(VirtualService owner, Destination to) {
    return Hosts.resolve(to.host(), owner.source().namespace(), view.settings());
  }

  int portOf(Destination to, String host, int listenerPort) {
    if (to.port() != 0) {
      return to.port();
    }
    MeshService service = rules.scope().service(host);
    // Istio: a service of one port needs no port in the destination
    return service != null && service.ports().size() == 1
        ? service.ports().get(0).number()
        : listenerPort;
  }

  String cluster(VirtualService owner, Destination to, int listenerPort, String field) {
    String host = resolved(owner, to);
    int port = portOf(to, host, listenerPort);
    MeshService service = rules.scope().service(host);
    if (service == null) {
      unresolved(owner, field, "no service " + host);
    } else if (service.port(port) == null) {
      unresolved(owner, field, host + " has no port " + port);
    } else if (!to.subset().isEmpty() && !hasSubset(service, to.subset())) {
      unresolved(owner, field, "no DestinationRule gives " + host + " the subset " + to.subset());
    }
    return ClusterName.outbound(port, to.subset(), host);
  }

  private boolean hasSubset(MeshService service, String subset) {
    DestinationRule rule = rules.destinationRule(service);
    return rule != null && rule.subsets().stream().anyMatch(s -> s.name().equals(subset));
  }

  private void unresolved(VirtualService owner, String field, String text) {
    view.problems().add(owner.source(), field, Problems.Reason.UNRESOLVED, text);
  }

  private static void rewrite(
      RouteAction.Builder action, HttpRoute from, @Nullable HttpMatch match) {
    String host = HeaderChanges.host(from.headers().request());
    HttpRoute.Rewrite rewrite = from.rewrite();
    if (rewrite != null) {
      if (!rewrite.authority().isEmpty()) {
        host = rewrite.authority();
      }
      path(action, rewrite, match);
    }
    if (from.route().size() == 1 && host.isEmpty()) {
      host = HeaderChanges.host(from.route().get(0).headers().request());
    }
    if (!host.isEmpty()) {
      action.setHostRewriteLiteral(host);
    }
  }

  private static void path(
      RouteAction.Builder action, HttpRoute.Rewrite rewrite, @Nullable HttpMatch match) {
    HttpRoute.RegexRewrite regex = rewrite.uriRegexRewrite();
    StringMatch uri = match == null ? null : match.uri();
    if (regex != null) {
      action.setRegexRewrite(substitute(regex.match(), regex.rewrite()));
    } else if (!rewrite.uri().isEmpty()) {
      if (uri != null && uri.type() == StringMatch.Type.REGEX) {
        // Envoy cannot replace a prefix that a regex matched; Istio replaces the whole path
        action.setRegexRewrite(substitute(uri.value(), rewrite.uri()));
      } else {
        action.setPrefixRewrite(rewrite.uri());
      }
    }
  }

  private static RegexMatchAndSubstitute substitute(String pattern, String by) {
    return RegexMatchAndSubstitute.newBuilder()
        .setPattern(RegexMatcher.newBuilder().setRegex(pattern))
        .setSubstitution(by)
        .build();
  }

  /** Consistent hashing is asked for by the destination and computed on the route. */
  void hashing(RouteAction.Builder action, String host, String subset, int port) {
    MeshService service = rules.scope().service(host);
    DestinationRule rule = service == null ? null : rules.destinationRule(service);
    if (rule == null) {
      return;
    }
    DestinationRule.Subset named =
        rule.subsets().stream().filter(s -> s.name().equals(subset)).findFirst().orElse(null);
    LoadBalancer balancer = Policy.of(rule, named, port).loadBalancer();
    LoadBalancer.ConsistentHash hash = balancer == null ? null : balancer.consistentHash();
    if (hash == null) {
      return;
    }
    RouteAction.HashPolicy.Builder policy = RouteAction.HashPolicy.newBuilder();
    LoadBalancer.Cookie cookie = hash.httpCookie();
    if (!hash.httpHeaderName().isEmpty()) {
      policy.setHeader(
          RouteAction.HashPolicy.Header.newBuilder().setHeaderName(hash.httpHeaderName()));
    } else if (cookie != null) {
      policy.setCookie(cookie(cookie));
    } else if (!hash.httpQueryParameterName().isEmpty()) {
      policy.setQueryParameter(
          RouteAction.HashPolicy.QueryParameter.newBuilder()
              .setName(hash.httpQueryParameterName()));
    } else {
      policy.setConnectionProperties(
          RouteAction.HashPolicy.ConnectionProperties.newBuilder().setSourceIp(true));
    }
    action.addHashPolicy(policy);
  }

  private static RouteAction.HashPolicy.Cookie cookie(LoadBalancer.Cookie from) {
    RouteAction.HashPolicy.Cookie.Builder cookie =
        RouteAction.HashPolicy.Cookie.newBuilder().setName(from.name()).setPath(from.path());
    if (from.ttl() != null) {
      cookie.setTtl(Protos.duration(from.ttl()));
    }
    from.attributes()
        .forEach(
            a ->
                cookie.addAttributes(
                    RouteAction.HashPolicy.CookieAttribute.newBuilder()
                        .setName(a.name())
                        .setValue(a.value())));
    return cookie.build();
  }
}
