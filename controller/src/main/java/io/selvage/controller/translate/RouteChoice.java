package io.selvage.controller.translate;

import io.selvage.controller.resource.view.MeshRoute;
import io.selvage.controller.resource.view.MeshRoute.Call;
import io.selvage.controller.resource.view.MeshRoute.Match;
import io.selvage.controller.resource.view.MeshRoute.Path;
import io.selvage.controller.resource.view.MeshRoute.Rule;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * One match of one rule of one route, with its place among all that are attached to a service.
 *
 * @param index of the rule within the route
 */
record RouteChoice(MeshRoute route, Rule rule, int index, Match match) {
  private static final Match EVERYTHING =
      new Match(new Path(Path.Type.PREFIX, "/"), List.of(), List.of(), "", null);
  private static final Call ANY = new Call("", "", false);

  /**
   * The order of the specification: exact path, longest prefix, method, number of headers, number
   * of query parameters; for gRPC exact names, longest service, longest method, number of headers.
   * Regular expressions, which it leaves open, stand behind exact values and before prefixes.
   */
  private static final Comparator<RouteChoice> ORDER =
      Comparator.comparing((RouteChoice c) -> c.path().type())
          .thenComparing(c -> c.path().value().length(), Comparator.reverseOrder())
          .thenComparing(c -> c.call().regex())
          .thenComparing(c -> c.call().service().length(), Comparator.reverseOrder())
          .thenComparing(c -> c.call().method().length(), Comparator.reverseOrder())
          .thenComparing(c -> c.match().method().isEmpty())
          .thenComparing(c -> c.match().headers().size(), Comparator.reverseOrder())
          .thenComparing(c -> c.match().queryParams().size(), Comparator.reverseOrder());

  /** All matches of the routes, which come the oldest first, in the order to try them. */
  static List<RouteChoice> of(List<MeshRoute> routes) {
    List<RouteChoice> all = new ArrayList<>();
    for (MeshRoute route : routes) {
      for (int i = 0; i < route.rules().size(); i++) {
        Rule rule = route.rules().get(i);
        List<Match> matches = rule.matches().isEmpty() ? List.of(EVERYTHING) : rule.matches();
        for (Match match : matches) {
          all.add(new RouteChoice(route, rule, i, match));
        }
      }
    }
    all.sort(ORDER);
    return all;
  }

  /** The path; the prefix / in a GRPCRoute. A prefix is without the slash at its end. */
  Path path() {
    Path path = match.path();
    if (path == null) {
      return new Path(Path.Type.PREFIX, "");
    }
    return path.type() == Path.Type.PREFIX && path.value().endsWith("/")
        ? new Path(path.type(), path.value().substring(0, path.value().length() - 1))
        : path;
  }

  /** Service and method; both empty in an HTTPRoute. */
  Call call() {
    Call call = match.call();
    return call == null ? ANY : call;
  }

  /** Name for logs and metrics: {@code namespace.route.rule}. */
  String name() {
    return route.source().namespace()
        + "."
        + route.source().name()
        + "."
        + (rule.name().isEmpty() ? Integer.toString(index) : rule.name());
  }

  /** The status of requests that have no valid backend: 500, or what gRPC takes as UNAVAILABLE. */
  int failure() {
    return route.grpc() ? 503 : 500;
  }
}
