package io.selvage.controller.translate;

import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.config.core.v3.RuntimeFractionalPercent;
import io.envoyproxy.envoy.config.route.v3.DirectResponseAction;
import io.envoyproxy.envoy.config.route.v3.RetryPolicy;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.config.route.v3.WeightedCluster;
import io.selvage.controller.resource.view.BackendRef;
import io.selvage.controller.resource.view.HttpRoute;
import io.selvage.controller.resource.view.MeshRoute;
import io.selvage.controller.resource.view.MeshRoute.Rule;
import io.selvage.controller.resource.view.RouteFilter;
import io.selvage.controller.resource.view.SessionPersistence;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * Routes of one virtual host from the HTTPRoutes or GRPCRoutes that are attached to its service.
 *
 * <p>Destinations that have no cluster of their own (those that cannot be resolved, and those with
 * filters that Envoy knows on routes alone) become routes of their own that take their share of the
 * requests by {@code runtime_fraction}, so that each gets exactly its weight.
 */
final class GatewayRoutes {
  private static final int DEFAULT_ATTEMPTS = 2;
  private static final String ON_ANY_RESET = ",reset";

  private final MeshView view;
  private final Caller caller;
  private final HttpRoutes plain;

  GatewayRoutes(MeshView view, Caller caller, HttpRoutes plain) {
    this.view = view;
    this.caller = caller;
    this.plain = plain;
  }

  /** A destination with its weight. */
  private record Share(BackendRef ref, Backends.Backend backend) {
    long weight() {
      return ref.weight();
    }

    /** Whether it cannot be a cluster among others of one route. */
    boolean apart() {
      return !backend.resolved()
          || ref.filters().stream()
              .anyMatch(f -> f.requestHeaders() == null && f.responseHeaders() == null);
    }
  }

  /** The routes; null where none is attached for this caller. */
  @Nullable List<Route> of(MeshService service, int port) {
    List<MeshRoute> attached =
        view.gateway().attachments().routes(service.host(), port, caller.namespace());
    if (attached.isEmpty()) {
      return null;
    }
    List<Route> routes = new ArrayList<>();
    for (RouteChoice choice : RouteChoice.of(attached)) {
      add(routes, choice, service, port);
    }
    return routes;
  }

  private void add(List<Route> to, RouteChoice choice, MeshService service, int port) {
    RouteMatch match = GatewayMatches.of(choice, caller.proxyless());
    Rule rule = choice.rule();
    String refused = GatewayFilters.refusal(rule.filters());
    if (!refused.isEmpty()) {
      to.add(failure(choice, match, refused));
      return;
    }
    if (rule.filters().stream().anyMatch(f -> f.redirect() != null)) {
      to.add(redirect(choice, match, rule.filters(), port));
      return;
    }
    List<Share> shares = new ArrayList<>();
    for (BackendRef ref : rule.backendRefs()) {
      if (ref.weight() > 0) {
        shares.add(new Share(ref, view.gateway().backends().resolve(source(choice), ref)));
      }
    }
    if (shares.isEmpty()) {
      to.add(failure(choice, match, "the rule has no backend with a weight"));
      return;
    }
    shares(to, choice, match, shares, service, port);
  }

  private void shares(
      List<Route> to,
      RouteChoice choice,
      RouteMatch match,
      List<Share> shares,
      MeshService service,
      int port) {
    long left = shares.stream().mapToLong(Share::weight).sum();
    List<Share> together = new ArrayList<>();
    for (Share share : shares) {
      if (!share.apart()) {
        together.add(share);
        continue;
      }
      RouteMatch part = part(match, share.weight(), left);
      left -= share.weight();
      to.add(alone(choice, part, share, service, port));
    }
    if (!together.isEmpty()) {
      to.add(forward(choice, match, together, choice.rule().filters(), service, port));
    }
  }

  private static RouteMatch part(RouteMatch match, long weight, long left) {
    if (weight == left) {
      return match;
    }
    return match.toBuilder()
        .setRuntimeFraction(
            RuntimeFractionalPercent.newBuilder()
                .setDefaultValue(Protos.percent(100.0 * weight / left)))
        .build();
  }

  private Route alone(
      RouteChoice choice, RouteMatch match, Share share, MeshService service, int port) {
    if (!share.backend().resolved()) {
      return failure(choice, match, share.backend().text());
    }
    String refused = GatewayFilters.refusal(share.ref().filters());
    if (!refused.isEmpty()) {
      return failure(choice, match, refused);
    }
    if (share.ref().filters().stream().anyMatch(f -> f.redirect() != null)) {
      return redirect(choice, match, share.ref().filters(), port);
    }
    // headers of the backend are put where those of a single destination always are
    List<RouteFilter> filters = new ArrayList<>(choice.rule().filters());
    share.ref().filters().stream()
        .filter(f -> f.requestHeaders() == null && f.responseHeaders() == null)
        .forEach(filters::add);
    return forward(choice, match, List.of(share), filters, service, port);
  }

  private static Route.Builder base(RouteChoice choice, RouteMatch match) {
    return Route.newBuilder()
        .setName(choice.name())
        .setMatch(match)
        .setMetadata(Protos.origin(source(choice)));
  }

  private static io.selvage.controller.resource.Resource source(RouteChoice choice) {
    return choice.route().source();
  }

  private static Route failure(RouteChoice choice, RouteMatch match, String why) {
    String text = source(choice).key().path() + ": " + why;
    return base(choice, match)
        .setDirectResponse(
            DirectResponseAction.newBuilder()
                .setStatus(choice.failure())
                .setBody(DataSource.newBuilder().setInlineString(text)))
        .build();
  }

  private static Route redirect(
      RouteChoice choice, RouteMatch match, List<RouteFilter> filters, int port) {
    Route.Builder route = base(choice, match);
    GatewayFilters.headers(route, filters);
    for (RouteFilter filter : filters) {
      RouteFilter.Redirect redirect = filter.redirect();
      if (redirect != null) {
        route.setRedirect(GatewayFilters.redirect(redirect, choice.path(), port));
      }
    }
    return route.build();
  }

  private Route forward(
      RouteChoice choice,
      RouteMatch match,
      List<Share> shares,
      List<RouteFilter> filters,
      MeshService service,
      int port) {
    Route.Builder route = base(choice, match);
    route.setDecorator(HttpRoutes.operation(service.host(), port, HttpRoutes.path(match)));
    GatewayFilters.headers(route, filters);
    GatewayFilters.cors(route, filters);
    RouteAction.Builder action = RouteAction.newBuilder();
    limits(action, choice.rule());
    if (choice.rule().retry() == null) {
      OwnKinds.defaulted(route);
    }
    GatewayFilters.rewrite(action, filters, choice.path());
    mirrors(action, choice, filters);
    if (shares.size() == 1) {
      Share only = shares.get(0);
      action.setCluster(cluster(only));
      GatewayFilters.headers(route, only.ref().filters());
      String host = GatewayFilters.host(only.ref().filters());
      if (!host.isEmpty()) {
        action.setHostRewriteLiteral(host);
      }
    } else {
      action.setWeightedClusters(weighted(shares));
    }
    Share first = shares.get(0);
    plain.hashing(action, first.backend().host(), "", first.backend().port());
    session(route, choice, first);
    return route.setRoute(action).build();
  }

  private static String cluster(Share share) {
    return ClusterName.outbound(share.backend().port(), "", share.backend().host());
  }

  private static WeightedCluster weighted(List<Share> shares) {
    WeightedCluster.Builder weighted = WeightedCluster.newBuilder();
    for (Share share : shares) {
      WeightedCluster.ClusterWeight.Builder one =
          WeightedCluster.ClusterWeight.newBuilder()
              .setName(cluster(share))
              .setWeight(Protos.number(share.weight()));
      GatewayFilters.headers(one, share.ref().filters());
      String host = GatewayFilters.host(share.ref().filters());
      if (!host.isEmpty()) {
        one.setHostRewriteLiteral(host);
      }
      weighted.addClusters(one);
    }
    return weighted.build();
  }

  private static void limits(RouteAction.Builder action, Rule rule) {
    MeshRoute.Timeouts timeouts = rule.timeouts();
    Duration request = timeouts == null ? null : timeouts.request();
    action.setTimeout(Protos.duration(request == null ? Duration.ZERO : request));
    Duration each = timeouts == null ? null : timeouts.backendRequest();
    RetryPolicy retries = Retrying.of(retries(rule.retry(), each));
    if (retries != null) {
      action.setRetryPolicy(retries);
    }
  }

  private static HttpRoute.@Nullable Retries retries(
      MeshRoute.@Nullable Retry asked, @Nullable Duration each) {
    Duration perTry = each == null || each.isZero() ? null : each;
    if (asked == null) {
      return perTry == null
          ? null
          : new HttpRoute.Retries(DEFAULT_ATTEMPTS, perTry, "", null, null, null);
    }
    StringJoiner on = new StringJoiner(",", Retrying.SAFE + ON_ANY_RESET + ",", "");
    on.setEmptyValue(Retrying.SAFE + ON_ANY_RESET);
    asked.codes().forEach(code -> on.add(Integer.toString(code)));
    Integer attempts = asked.attempts();
    return new HttpRoute.Retries(
        attempts == null ? DEFAULT_ATTEMPTS : attempts,
        perTry,
        on.toString(),
        null,
        null,
        asked.backoff());
  }

  private void mirrors(RouteAction.Builder action, RouteChoice choice, List<RouteFilter> filters) {
    for (RouteFilter filter : filters) {
      RouteFilter.Mirror mirror = filter.mirror();
      if (mirror == null || mirror.percent() <= 0) {
        continue;
      }
      Backends.Backend to = view.gateway().backends().resolve(source(choice), mirror.backend());
      if (to.resolved()) {
        action.addRequestMirrorPolicies(
            RouteAction.RequestMirrorPolicy.newBuilder()
                .setCluster(ClusterName.outbound(to.port(), "", to.host()))
                .setRuntimeFraction(
                    RuntimeFractionalPercent.newBuilder()
                        .setDefaultValue(Protos.percent(mirror.percent()))));
      }
    }
  }

  private void session(Route.Builder route, RouteChoice choice, Share first) {
    SessionPersistence own = choice.rule().sessionPersistence();
    if (own != null) {
      StatefulSessions.apply(route, own, choice.name());
    } else {
      view.gateway().policies().persistSession(route, first.backend().host());
    }
  }
}
