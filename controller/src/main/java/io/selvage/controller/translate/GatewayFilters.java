package io.selvage.controller.translate;

import io.envoyproxy.envoy.config.route.v3.RedirectAction;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.envoyproxy.envoy.config.route.v3.WeightedCluster;
import io.selvage.controller.resource.view.HeaderOperations.Operations;
import io.selvage.controller.resource.view.HttpRoute;
import io.selvage.controller.resource.view.MeshRoute.Path;
import io.selvage.controller.resource.view.RouteFilter;
import io.selvage.controller.resource.view.RouteFilter.Header;
import io.selvage.controller.resource.view.RouteFilter.HeaderChange;
import io.selvage.controller.resource.view.StringMatch;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Filters of Gateway API routes as parts of Envoy's route. */
final class GatewayFilters {
  private static final String CORS = "envoy.filters.http.cors";
  private static final int HTTP = 80;
  private static final int HTTPS = 443;

  private GatewayFilters() {}

  /**
   * Why requests must be answered with an error; empty where they need not.
   *
   * <p>An authorization that is not asked must not let requests through, and the specification says
   * the same of filters that are not known.
   */
  static String refusal(List<RouteFilter> filters) {
    for (RouteFilter filter : filters) {
      RouteFilter.ExtensionRef extension = filter.extension();
      if (extension != null) {
        return "no filter " + extension.group() + "/" + extension.kind() + " is known";
      }
      RouteFilter.ExternalAuth auth = filter.externalAuth();
      if (auth != null) {
        return "externalAuth ("
            + auth.protocol()
            + " to "
            + auth.backend().name()
            + ") is not served yet, and requests do not pass without it";
      }
    }
    return "";
  }

  static void headers(Route.Builder route, List<RouteFilter> filters) {
    for (RouteFilter filter : filters) {
      Operations request = operations(filter.requestHeaders());
      Operations response = operations(filter.responseHeaders());
      route
          .addAllRequestHeadersToAdd(HeaderChanges.additions(request))
          .addAllRequestHeadersToRemove(request.remove())
          .addAllResponseHeadersToAdd(HeaderChanges.additions(response))
          .addAllResponseHeadersToRemove(response.remove());
    }
  }

  static void headers(WeightedCluster.ClusterWeight.Builder share, List<RouteFilter> filters) {
    for (RouteFilter filter : filters) {
      Operations request = operations(filter.requestHeaders());
      Operations response = operations(filter.responseHeaders());
      share
          .addAllRequestHeadersToAdd(HeaderChanges.additions(request))
          .addAllRequestHeadersToRemove(request.remove())
          .addAllResponseHeadersToAdd(HeaderChanges.additions(response))
          .addAllResponseHeadersToRemove(response.remove());
    }
  }

  /** The value to which Host is set by a header filter; empty where it is not. */
  static String host(List<RouteFilter> filters) {
    String host = "";
    for (RouteFilter filter : filters) {
      String set = HeaderChanges.host(operations(filter.requestHeaders()));
      host = set.isEmpty() ? host : set;
    }
    return host;
  }

  private static Operations operations(@Nullable HeaderChange change) {
    if (change == null) {
      return new Operations(Map.of(), Map.of(), List.of());
    }
    return new Operations(literal(change.set()), literal(change.add()), change.remove());
  }

  // what Envoy would take for the start of a formatter is text here
  private static Map<String, String> literal(List<Header> headers) {
    Map<String, String> map = new LinkedHashMap<>();
    headers.forEach(h -> map.put(h.name(), h.value().replace("%", "%%")));
    return map;
  }

  static void rewrite(RouteAction.Builder action, List<RouteFilter> filters, Path matched) {
    String host = host(filters);
    for (RouteFilter filter : filters) {
      RouteFilter.UrlRewrite rewrite = filter.rewrite();
      if (rewrite != null) {
        PathRewrites.rewrite(action, rewrite.path(), matched);
        host = rewrite.hostname().isEmpty() ? host : rewrite.hostname();
      }
    }
    if (!host.isEmpty()) {
      action.setHostRewriteLiteral(host);
    }
  }

  /**
   * The port of the location is the scheme's own where a scheme is given, else the listener's; a
   * port that the scheme implies is left out where the host is a new one.
   */
  static RedirectAction redirect(RouteFilter.Redirect from, Path matched, int listenerPort) {
    RedirectAction.Builder out = RedirectAction.newBuilder();
    boolean secure = from.scheme().equals("https");
    int implied = secure ? HTTPS : HTTP;
    Integer asked = from.port();
    int port = asked != null ? asked : from.scheme().isEmpty() ? listenerPort : implied;
    if (!from.scheme().isEmpty()) {
      out.setSchemeRedirect(from.scheme());
    }
    if (!from.hostname().isEmpty()) {
      out.setHostRedirect(from.hostname());
    }
    // Envoy keeps the port that the caller wrote, unless there is another host or port
    boolean written = from.hostname().isEmpty() && listenerPort != HTTP;
    if (port != implied || written) {
      out.setPortRedirect(port);
    }
    PathRewrites.redirect(out, from.path(), matched);
    return out.setResponseCode(HttpFeatures.code(from.statusCode())).build();
  }

  static void cors(Route.Builder route, List<RouteFilter> filters) {
    for (RouteFilter filter : filters) {
      RouteFilter.Cors cors = filter.cors();
      if (cors != null) {
        route.putTypedPerFilterConfig(CORS, HttpFeatures.cors(policy(cors)));
      }
    }
  }

  private static HttpRoute.CorsPolicy policy(RouteFilter.Cors cors) {
    return new HttpRoute.CorsPolicy(
        cors.allowOrigins().stream().map(GatewayFilters::origin).toList(),
        cors.allowMethods(),
        cors.allowHeaders(),
        cors.exposeHeaders(),
        Duration.ofSeconds(cors.maxAge()),
        cors.allowCredentials(),
        HttpRoute.CorsPolicy.UnmatchedPreflights.IGNORE);
  }

  /** {@code *} is any origin; a star at the start of a host is any number of labels. */
  private static StringMatch origin(String origin) {
    int star = origin.indexOf('*');
    if (star < 0 || origin.equals("*")) {
      return new StringMatch(StringMatch.Type.EXACT, origin);
    }
    String before = com.google.re2j.Pattern.quote(origin.substring(0, star));
    String after = com.google.re2j.Pattern.quote(origin.substring(star + 1));
    boolean whole = after.isEmpty() || after.startsWith(":");
    return new StringMatch(StringMatch.Type.REGEX, before + (whole ? "[^/]+" : "[^/:]+") + after);
  }
}
