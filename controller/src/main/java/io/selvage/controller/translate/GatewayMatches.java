package io.selvage.controller.translate;

import com.google.re2j.Pattern;
import io.envoyproxy.envoy.config.route.v3.HeaderMatcher;
import io.envoyproxy.envoy.config.route.v3.QueryParameterMatcher;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.type.matcher.v3.RegexMatcher;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import io.selvage.controller.resource.view.MeshRoute.Call;
import io.selvage.controller.resource.view.MeshRoute.Match;
import io.selvage.controller.resource.view.MeshRoute.Named;
import io.selvage.controller.resource.view.MeshRoute.Path;
import io.selvage.controller.resource.view.StringMatch;
import java.util.Locale;

/** Conditions of Gateway API routes as Envoy's route match. */
final class GatewayMatches {
  private GatewayMatches() {}

  /** {@code plain} avoids what gRPC libraries do not know: prefixes of whole path elements. */
  static RouteMatch of(RouteChoice choice, boolean plain) {
    RouteMatch.Builder route = RouteMatch.newBuilder();
    Match match = choice.match();
    if (match.call() != null) {
      call(route, match.call());
    } else {
      path(route, choice.path(), plain);
    }
    if (!match.method().isEmpty()) {
      header(route, new Named(":method", match.method(), false));
    }
    match.headers().forEach(h -> header(route, h));
    for (Named query : match.queryParams()) {
      route.addQueryParameters(
          QueryParameterMatcher.newBuilder().setName(query.name()).setStringMatch(string(query)));
    }
    return route.build();
  }

  private static void path(RouteMatch.Builder route, Path path, boolean plain) {
    switch (path.type()) {
      case EXACT -> route.setPath(path.value());
      case REGEX -> route.setSafeRegex(regex(path.value()));
      case PREFIX -> {
        if (path.value().isEmpty()) {
          route.setPrefix("/");
        } else if (plain) {
          route.setSafeRegex(regex(Pattern.quote(path.value()) + "(/.*)?"));
        } else {
          route.setPathSeparatedPrefix(path.value());
        }
      }
    }
  }

  private static void call(RouteMatch.Builder route, Call call) {
    String service = call.service();
    String method = call.method();
    if (call.regex()) {
      String within = "[^/]+";
      route.setSafeRegex(
          regex(
              "/(?:"
                  + (service.isEmpty() ? within : service)
                  + ")/(?:"
                  + (method.isEmpty() ? within : method)
                  + ")"));
    } else if (service.isEmpty()) {
      route.setSafeRegex(regex("/[^/]+/" + Pattern.quote(method)));
    } else if (method.isEmpty()) {
      route.setPrefix("/" + service + "/");
    } else {
      route.setPath("/" + service + "/" + method);
    }
  }

  private static void header(RouteMatch.Builder route, Named header) {
    String name = header.name().toLowerCase(Locale.ROOT);
    route.addHeaders(
        HeaderMatcher.newBuilder()
            .setName(name.equals("host") ? ":authority" : name)
            .setStringMatch(string(header)));
  }

  private static StringMatcher string(Named value) {
    return RouteMatches.string(
        new StringMatch(
            value.regex() ? StringMatch.Type.REGEX : StringMatch.Type.EXACT, value.value()));
  }

  private static RegexMatcher regex(String expression) {
    return RegexMatcher.newBuilder().setRegex(expression).build();
  }
}
