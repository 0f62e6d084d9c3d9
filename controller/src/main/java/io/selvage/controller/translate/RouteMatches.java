package io.selvage.controller.translate;

import io.envoyproxy.envoy.config.route.v3.HeaderMatcher;
import io.envoyproxy.envoy.config.route.v3.QueryParameterMatcher;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.type.matcher.v3.RegexMatcher;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import io.selvage.controller.resource.view.HttpRoute.HttpMatch;
import io.selvage.controller.resource.view.StringMatch;
import org.jspecify.annotations.Nullable;

/** Conditions of a VirtualService as Envoy's route match. Names never become part of a regex. */
final class RouteMatches {
  private RouteMatches() {}

  /** Matches every request. */
  static RouteMatch everything() {
    return RouteMatch.newBuilder().setPrefix("/").build();
  }

  static RouteMatch of(HttpMatch match) {
    RouteMatch.Builder route = RouteMatch.newBuilder();
    path(route, match.uri());
    if (match.ignoreUriCase()) {
      route.setCaseSensitive(Protos.flag(false));
    }
    header(route, ":method", match.method(), false);
    header(route, ":authority", match.authority(), false);
    header(route, ":scheme", match.scheme(), false);
    match.headers().forEach((name, value) -> header(route, name, value, false));
    match.withoutHeaders().forEach((name, value) -> header(route, name, value, true));
    match
        .queryParams()
        .forEach(
            (name, value) -> {
              QueryParameterMatcher.Builder query =
                  QueryParameterMatcher.newBuilder().setName(name);
              if (value.type() == StringMatch.Type.PRESENT) {
                query.setPresentMatch(true);
              } else {
                query.setStringMatch(string(value));
              }
              route.addQueryParameters(query);
            });
    return route.build();
  }

  private static void path(RouteMatch.Builder route, @Nullable StringMatch uri) {
    if (uri == null) {
      route.setPrefix("/");
      return;
    }
    switch (uri.type()) {
      case EXACT -> route.setPath(uri.value());
      case PREFIX -> route.setPrefix(uri.value());
      case REGEX -> route.setSafeRegex(RegexMatcher.newBuilder().setRegex(uri.value()));
      case PRESENT -> route.setPrefix("/");
    }
  }

  private static void header(
      RouteMatch.Builder route, String name, @Nullable StringMatch value, boolean invert) {
    if (value == null) {
      return;
    }
    HeaderMatcher.Builder header = HeaderMatcher.newBuilder().setName(name);
    boolean present =
        value.type() == StringMatch.Type.PRESENT
            || (value.type() == StringMatch.Type.REGEX && value.value().equals("*"));
    if (present) {
      header.setPresentMatch(true);
    } else {
      header.setStringMatch(string(value));
      // Istio: a header that is not there is without that value
      header.setTreatMissingHeaderAsEmpty(invert);
    }
    route.addHeaders(header.setInvertMatch(invert));
  }

  static StringMatcher string(StringMatch match) {
    StringMatcher.Builder matcher = StringMatcher.newBuilder();
    switch (match.type()) {
      case EXACT -> matcher.setExact(match.value());
      case PREFIX -> matcher.setPrefix(match.value());
      case REGEX -> matcher.setSafeRegex(RegexMatcher.newBuilder().setRegex(match.value()));
      case PRESENT -> matcher.setSafeRegex(RegexMatcher.newBuilder().setRegex(".*"));
    }
    return matcher.build();
  }

  /** Whether nothing can reach a route after this one. */
  static boolean catchesAll(RouteMatch match) {
    return match.getPathSpecifierCase() == RouteMatch.PathSpecifierCase.PREFIX
        && match.getPrefix().equals("/")
        && match.getHeadersCount() == 0
        && match.getQueryParametersCount() == 0;
  }
}
