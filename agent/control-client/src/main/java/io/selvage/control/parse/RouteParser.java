package io.selvage.control.parse;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.config.route.v3.FilterConfig;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.envoyproxy.envoy.extensions.filters.http.fault.v3.HTTPFault;
import io.envoyproxy.envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig;
import io.selvage.engine.match.UriTemplate;
import io.selvage.engine.model.Cors;
import io.selvage.engine.model.Fault;
import io.selvage.engine.model.HeaderMatch;
import io.selvage.engine.model.HeaderOps;
import io.selvage.engine.model.LocalRateLimit;
import io.selvage.engine.model.Mirror;
import io.selvage.engine.model.PathMatch;
import io.selvage.engine.model.RouteConfig;
import io.selvage.engine.model.SessionPersistence;
import io.selvage.engine.model.StringMatch;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Route configurations (RDS, and inline ones). */
public final class RouteParser {
  private static final String FAULT_NAME = "envoy.filters.http.fault";
  private static final String FILTER_CONFIG = "envoy.config.route.v3.FilterConfig";

  private final boolean inbound;

  private RouteParser(boolean inbound) {
    this.inbound = inbound;
  }

  /** A whole resource, for requests that the application makes. */
  public static Parsed<RouteConfig> parse(RouteConfiguration config) {
    return Field.read(f -> new RouteParser(false).config(config, f));
  }

  /** Inside a listener; on the way in, filters by route must all be understood. */
  static RouteConfig inline(RouteConfiguration config, boolean inbound, Field f) {
    return new RouteParser(inbound).config(config, f);
  }

  private RouteConfig config(RouteConfiguration config, Field f) {
    f.unsupported(config.hasVhds(), "vhds");
    f.forbidden(
        config.getIgnorePathParametersInPathMatching(), "ignore_path_parameters_in_path_matching");
    checkFilters(config.getTypedPerFilterConfigMap(), f);
    List<io.selvage.engine.model.VirtualHost> hosts = new ArrayList<>();
    Set<String> names = new HashSet<>();
    Set<String> domains = new HashSet<>();
    for (int i = 0; i < config.getVirtualHostsCount(); i++) {
      VirtualHost host = config.getVirtualHosts(i);
      Field at = f.at("virtual_hosts", i);
      if (!names.add(host.getName())) {
        at.at("name").refuse("'" + host.getName() + "' is there twice");
      }
      for (String domain : host.getDomainsList()) {
        if (!domains.add(domain.toLowerCase(Locale.ROOT))) {
          at.at("domains").refuse("'" + domain + "' is there twice");
        }
      }
      hosts.add(host(host, config, at));
    }
    return new RouteConfig(
        config.getName(),
        hosts,
        HeaderOpsParser.parse(
            config.getRequestHeadersToAddList(),
            "request_headers_to_add",
            config.getRequestHeadersToRemoveList(),
            f),
        HeaderOpsParser.parse(
            config.getResponseHeadersToAddList(),
            "response_headers_to_add",
            config.getResponseHeadersToRemoveList(),
            f),
        config.getIgnorePortInHostMatching()
            ? RouteConfig.HostMatching.WITHOUT_PORT
            : RouteConfig.HostMatching.WITH_PORT,
        config.getMostSpecificHeaderMutationsWins());
  }

  private io.selvage.engine.model.VirtualHost host(
      VirtualHost host, RouteConfiguration config, Field f) {
    if (host.getDomainsCount() == 0) {
      f.at("domains").refuse("must not be empty");
    }
    for (String domain : host.getDomainsList()) {
      int star = domain.indexOf('*');
      if (domain.isEmpty()
          || star > 0 && star < domain.length() - 1
          || star >= 0 && domain.indexOf('*', star + 1) >= 0) {
        f.at("domains").refuse("not a domain: '" + domain + "'");
      }
    }
    f.forbidden(host.getRequireTls() != VirtualHost.TlsRequirementType.NONE, "require_tls");
    f.forbidden(host.hasMatcher(), "matcher");
    LeftOut.host(host, f);
    checkFilters(host.getTypedPerFilterConfigMap(), f);
    List<Mirror> mirrors =
        host.getRequestMirrorPoliciesCount() > 0
            ? ActionParser.mirrors(host.getRequestMirrorPoliciesList(), f)
            : ActionParser.mirrors(config.getRequestMirrorPoliciesList(), f);
    List<io.selvage.engine.model.Route> routes = new ArrayList<>();
    for (int i = 0; i < host.getRoutesCount(); i++) {
      io.selvage.engine.model.Route route =
          route(host.getRoutes(i), host, config, mirrors, f.at("routes", i));
      if (route != null) {
        routes.add(route);
      }
    }
    return new io.selvage.engine.model.VirtualHost(
        host.getName(),
        host.getDomainsList(),
        routes,
        HeaderOpsParser.parse(
            host.getRequestHeadersToAddList(),
            "request_headers_to_add",
            host.getRequestHeadersToRemoveList(),
            f),
        HeaderOpsParser.parse(
            host.getResponseHeadersToAddList(),
            "response_headers_to_add",
            host.getResponseHeadersToRemoveList(),
            f),
        new io.selvage.engine.model.VirtualHost.AttemptHeaders(
            host.getIncludeRequestAttemptCount(),
            host.getIncludeAttemptCountInResponse(),
            host.getIncludeIsTimeoutRetryHeader()));
  }

  private io.selvage.engine.model.@Nullable Route route(
      Route route, VirtualHost host, RouteConfiguration config, List<Mirror> mirrors, Field f) {
    LeftOut.route(route, f);
    checkFilters(route.getTypedPerFilterConfigMap(), f);
    io.selvage.engine.model.RouteMatch match = match(route.getMatch(), f.at("match"));
    io.selvage.engine.model.RouteAction action =
        ActionParser.parse(route, host, mirrors, inbound, f);
    if (action == null || match == null) {
      return null;
    }
    Fault fault = fault(route.getTypedPerFilterConfigMap(), f);
    if (fault == null) {
      fault = fault(host.getTypedPerFilterConfigMap(), f);
    }
    if (fault == null) {
      fault = fault(config.getTypedPerFilterConfigMap(), f);
    }
    Cors cors =
        CorsParser.parse(
            f,
            route.getTypedPerFilterConfigMap(),
            host.getTypedPerFilterConfigMap(),
            config.getTypedPerFilterConfigMap());
    SessionPersistence session = session(route.getTypedPerFilterConfigMap(), f);
    LocalRateLimit limit = rateLimit(route.getTypedPerFilterConfigMap(), f);
    return new io.selvage.engine.model.Route(
        route.getName(),
        match,
        action,
        headers(route, f),
        HeaderOpsParser.parse(
            route.getResponseHeadersToAddList(),
            "response_headers_to_add",
            route.getResponseHeadersToRemoveList(),
            f),
        fault,
        cors,
        session == null ? session(host.getTypedPerFilterConfigMap(), f) : session,
        limit == null ? rateLimit(host.getTypedPerFilterConfigMap(), f) : limit,
        rateLimits(route, host, f));
  }

  /** The route's rules, then its virtual host's. */
  @SuppressWarnings("deprecation") // include_vh_rate_limits is still what some controllers send
  private static List<LocalRateLimit.Rule> rateLimits(Route route, VirtualHost host, Field f) {
    boolean included = route.getRoute().getIncludeVhRateLimits().getValue();
    List<LocalRateLimit.Rule> rules =
        new ArrayList<>(
            RateLimitRules.of(route.getRoute().getRateLimitsList(), false, f.at("route")));
    rules.addAll(RateLimitRules.of(host.getRateLimitsList(), !included, f));
    return rules;
  }

  private static @Nullable LocalRateLimit rateLimit(Map<String, Any> configs, Field f) {
    for (Map.Entry<String, Any> entry : configs.entrySet()) {
      Field at = f.at("typed_per_filter_config", entry.getKey());
      Any any = inner(entry.getValue(), at);
      if (Field.typeOf(any).equals(RateLimitParser.TYPE)) {
        return RateLimitParser.parse(any, at);
      }
    }
    return null;
  }

  private static HeaderOps headers(Route route, Field f) {
    return HeaderOpsParser.parse(
        route.getRequestHeadersToAddList(),
        "request_headers_to_add",
        route.getRequestHeadersToRemoveList(),
        f);
  }

  static io.selvage.engine.model.@Nullable RouteMatch match(RouteMatch m, Field f) {
    // what is not understood would match requests that it must not
    f.forbidden(m.getDynamicMetadataCount() > 0, "dynamic_metadata");
    f.forbidden(m.getFilterStateCount() > 0, "filter_state");
    f.forbidden(m.hasTlsContext(), "tls_context");
    f.nothingUnknown(m);
    // expressions and templates say themselves whether case matters
    boolean fold = !Values.flag(m.hasCaseSensitive(), m.getCaseSensitive(), true);
    PathMatch path =
        switch (m.getPathSpecifierCase()) {
          case PREFIX -> new PathMatch.Prefix(m.getPrefix(), fold);
          case PATH -> new PathMatch.Exact(m.getPath(), fold);
          case SAFE_REGEX ->
              new PathMatch.Regex(
                  Values.regex(m.getSafeRegex().getRegex(), f.at("safe_regex.regex")), false);
          case PATH_SEPARATED_PREFIX ->
              new PathMatch.SeparatedPrefix(
                  separated(m.getPathSeparatedPrefix(), f.at("path_separated_prefix")), fold);
          case PATH_MATCH_POLICY -> {
            UriTemplateMatchConfig template =
                f.at("path_match_policy")
                    .unpack(
                        m.getPathMatchPolicy().getTypedConfig(),
                        RewriteParser.TEMPLATE_MATCH,
                        UriTemplateMatchConfig.parser());
            yield template == null ? null : template(template, f.at("path_match_policy"));
          }
          default -> {
            f.refuse("path matcher not supported: " + m.getPathSpecifierCase());
            yield null;
          }
        };
    if (path == null) {
      return null;
    }
    List<HeaderMatch> headers = Matchers.headers(m.getHeadersList(), f, "headers");
    if (m.hasGrpc()) {
      headers.add(
          new HeaderMatch(
              "content-type",
              new HeaderMatch.Value(new StringMatch.Prefix("application/grpc", false)),
              false,
              false));
    }
    double fraction =
        m.hasRuntimeFraction()
            ? Values.fraction(
                m.getRuntimeFraction().getDefaultValue(), f.at("runtime_fraction.default_value"))
            : 1.0;
    return new io.selvage.engine.model.RouteMatch(
        path, headers, Matchers.query(m.getQueryParametersList(), f, "query_parameters"), fraction);
  }

  /** Envoy: without a slash at its end. */
  private static String separated(String prefix, Field f) {
    if (!prefix.matches("[^?#]+[^?#/]")) {
      f.refuse("must have two characters and no slash at its end; found '" + prefix + "'");
    }
    return prefix;
  }

  private static PathMatch template(UriTemplateMatchConfig config, Field f) {
    try {
      var unused = UriTemplate.of(config.getPathTemplate());
    } catch (IllegalArgumentException bad) {
      f.refuse(String.valueOf(bad.getMessage()));
    }
    return new PathMatch.Template(config.getPathTemplate(), false);
  }

  private void checkFilters(Map<String, Any> configs, Field f) {
    configs.forEach(
        (name, any) -> {
          boolean ours = name.equals(FAULT_NAME) || name.equals(CorsParser.NAME);
          if (ours && isDisabled(any, f.at("typed_per_filter_config", name))) {
            return;
          }
          String type = Field.typeOf(inner(any, f.at("typed_per_filter_config", name)));
          boolean session = type.equals(SessionParser.PER_ROUTE) && !inbound;
          boolean limit = type.equals(RateLimitParser.TYPE);
          if (!type.equals(FaultParser.TYPE)
              && !type.equals(CorsParser.TYPE)
              && !session
              && !limit) {
            Field at = f.at("typed_per_filter_config", name);
            if (inbound && !HarmlessFilters.isOne(name)) {
              at.refuse("filter not supported on the way in: " + type);
            } else {
              at.warn("filter not supported, left out: " + type);
            }
          }
        });
  }

  /** Whether a route switches a filter off. */
  static boolean isDisabled(Any any, Field f) {
    if (!Field.typeOf(any).equals(FILTER_CONFIG)) {
      return false;
    }
    FilterConfig config = f.unpack(any, FILTER_CONFIG, FilterConfig.parser());
    return config != null && config.getDisabled();
  }

  static Any inner(Any any, Field f) {
    if (!Field.typeOf(any).equals(FILTER_CONFIG)) {
      return any;
    }
    FilterConfig config = f.unpack(any, FILTER_CONFIG, FilterConfig.parser());
    return config == null ? any : config.getConfig();
  }

  private static @Nullable SessionPersistence session(Map<String, Any> configs, Field f) {
    for (Map.Entry<String, Any> entry : configs.entrySet()) {
      Field at = f.at("typed_per_filter_config", entry.getKey());
      Any any = inner(entry.getValue(), at);
      if (Field.typeOf(any).equals(SessionParser.PER_ROUTE)) {
        return SessionParser.perRoute(any, at);
      }
    }
    return null;
  }

  private static @Nullable Fault fault(Map<String, Any> configs, Field f) {
    for (Map.Entry<String, Any> entry : configs.entrySet()) {
      Field at = f.at("typed_per_filter_config", entry.getKey());
      Any any = inner(entry.getValue(), at);
      if (entry.getKey().equals(FAULT_NAME) && isDisabled(entry.getValue(), at)) {
        return Fault.NOTHING;
      }
      if (Field.typeOf(any).equals(FaultParser.TYPE)) {
        HTTPFault fault = at.unpack(any, FaultParser.TYPE, HTTPFault.parser());
        Fault parsed = fault == null ? null : FaultParser.parse(fault, at);
        // one that does nothing still takes the place of its listener's
        return parsed == null ? Fault.NOTHING : parsed;
      }
    }
    return null;
  }
}
