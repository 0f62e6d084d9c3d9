package io.selvage.differential;

import com.google.protobuf.BoolValue;
import com.google.protobuf.UInt32Value;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.config.core.v3.RuntimeFractionalPercent;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.config.route.v3.DirectResponseAction;
import io.envoyproxy.envoy.config.route.v3.RedirectAction;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.envoyproxy.envoy.config.route.v3.WeightedCluster;
import io.envoyproxy.envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig;
import io.envoyproxy.envoy.extensions.path.rewrite.uri_template.v3.UriTemplateRewriteConfig;
import io.envoyproxy.envoy.type.matcher.v3.RegexMatchAndSubstitute;
import io.envoyproxy.envoy.type.matcher.v3.RegexMatcher;
import io.envoyproxy.envoy.type.v3.FractionalPercent;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Makes route tables from a seed: everything that a route can match, and do without time or chance.
 * Some are invalid on purpose: then both sides must refuse them.
 */
final class RouteTables {
  /** Clusters that forwarding routes choose among; {@code missing} does not exist. */
  static final String[] CLUSTERS = {"c0", "c1", "c2", "c3"};

  static final String[] DOMAINS = {
    "a.example",
    "b.example",
    "x.b.example",
    "*.example",
    "*.b.example",
    "*-b.example",
    "a.*",
    "a.ex*",
    "b*",
    "a.example:8080",
    "b.example:*",
    "A.Example",
    "c.example",
    "[::1]:80",
    "*"
  };
  static final String[] SEGMENTS = {"a", "b", "ab", "A", "a.b", "1", "23", "x-y", "a%20b", "c"};
  private static final String[] REGEXES = {
    "/a.*",
    "/(a|b)/[0-9]+",
    "/a/[^/]+",
    ".*[.]b",
    "(?i)/A.*",
    "/a|/b",
    "/[a-c]+/?",
    ".*",
    "/(?P<x>a)(/b)?",
    "/a/b(/.*)?",
    "/\\w+/\\d+",
    "^/a$",
    "/a{1,2}b*",
    "/.+/1"
  };
  private static final String[] TEMPLATES = {
    "/a/{x}",
    "/{x}/{y}",
    "/a/{x=*}/b",
    "/**",
    "/a/{rest=**}",
    "/a/*/1",
    "/{x=a/*}/b",
    "/*",
    "/{x}/{y=**}",
    "/a.b/*",
    "/{x=**}/b",
    "/a/**/b",
    "/*.b",
    "/{x}.b",
    "/{x=a/b}",
    "/a/",
    "/"
  };
  private static final String[] BAD_TEMPLATES = {
    "/{lang}.{name}",
    "/a/{x}/{x}",
    "a/{x}",
    "/**/*",
    "/{1}",
    "/{x",
    "/a*",
    "/{x=}",
    "/a b",
    "/{x=a/}",
    "/a=b",
    "/{x=a=b}",
    "/a=b"
  };
  private static final String[] TEMPLATE_REWRITES = {
    "/{x}", "/new/{x}/{y}", "/{rest}", "/fixed", "/{y}/{x}", "/new/{x}-b", "/a/{rest}/"
  };
  private static final String[] BAD_REWRITES = {
    "/{z}", "/p/{x}?q", "/a//b", "/{x", "/{x}{x}", "", "/a b", "}"
  };

  private final Dice dice;
  private final MatchTables matches;
  private final HeaderTables headers;

  RouteTables(long seed) {
    dice = new Dice(seed);
    matches = new MatchTables(dice);
    headers = new HeaderTables(dice);
  }

  RouteConfiguration table() {
    RouteConfiguration.Builder table =
        RouteConfiguration.newBuilder()
            .setName("differential")
            .setValidateClusters(BoolValue.of(false))
            .setIgnorePortInHostMatching(dice.percent(50))
            .setMostSpecificHeaderMutationsWins(dice.percent(30));
    if (dice.percent(30)) {
      table
          .addAllRequestHeadersToAdd(headers.adds(false))
          .addAllRequestHeadersToRemove(headers.removes());
    }
    if (dice.percent(30)) {
      table
          .addAllResponseHeadersToAdd(headers.adds(true))
          .addAllResponseHeadersToRemove(headers.removes());
    }
    Set<String> taken = new HashSet<>();
    int hosts = 1 + dice.below(4);
    for (int i = 0; i < hosts; i++) {
      VirtualHost.Builder host = host("h" + i, taken);
      if (host.getDomainsCount() > 0) {
        table.addVirtualHosts(host);
      }
    }
    return table.build();
  }

  private VirtualHost.Builder host(String name, Set<String> taken) {
    VirtualHost.Builder host = VirtualHost.newBuilder().setName(name);
    int domains = 1 + dice.below(3);
    for (int i = 0; i < domains; i++) {
      String domain = dice.of(DOMAINS);
      if (taken.add(domain.toLowerCase(java.util.Locale.ROOT)) || dice.percent(1)) {
        host.addDomains(domain);
      }
    }
    if (dice.percent(20)) {
      host.addAllRequestHeadersToAdd(headers.adds(false))
          .addAllRequestHeadersToRemove(headers.removes());
    }
    if (dice.percent(20)) {
      host.addAllResponseHeadersToAdd(headers.adds(true))
          .addAllResponseHeadersToRemove(headers.removes());
    }
    int routes = 1 + dice.below(dice.percent(20) ? 15 : 6);
    for (int i = 0; i < routes; i++) {
      host.addRoutes(route(name + "r" + i));
    }
    return host;
  }

  private Route.Builder route(String name) {
    Route.Builder route = Route.newBuilder().setName(name).setMatch(match());
    String template = templateOf(route.getMatch());
    switch (dice.below(10)) {
      case 0, 1 -> route.setRedirect(redirect());
      case 2 -> route.setDirectResponse(direct());
      default -> route.setRoute(forward(template));
    }
    if (dice.percent(25)) {
      route
          .addAllRequestHeadersToAdd(headers.adds(false))
          .addAllRequestHeadersToRemove(headers.removes());
    }
    if (dice.percent(25)) {
      route
          .addAllResponseHeadersToAdd(headers.adds(true))
          .addAllResponseHeadersToRemove(headers.removes());
    }
    return route;
  }

  private static String templateOf(RouteMatch match) {
    try {
      return match.hasPathMatchPolicy()
          ? UriTemplateMatchConfig.parseFrom(match.getPathMatchPolicy().getTypedConfig().getValue())
              .getPathTemplate()
          : null;
    } catch (com.google.protobuf.InvalidProtocolBufferException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  private RouteMatch.Builder match() {
    RouteMatch.Builder match = RouteMatch.newBuilder();
    switch (dice.below(12)) {
      case 0, 1, 2 -> match.setPrefix(dice.percent(40) ? "/" : path());
      case 3, 4 -> match.setPath(path());
      case 5, 6 -> match.setPathSeparatedPrefix(separated());
      case 7, 8 -> match.setSafeRegex(RegexMatcher.newBuilder().setRegex(dice.of(REGEXES)));
      case 9, 10 ->
          match.setPathMatchPolicy(
              TypedExtensionConfig.newBuilder()
                  .setName("template")
                  .setTypedConfig(
                      Configs.any(
                          UriTemplateMatchConfig.newBuilder()
                              .setPathTemplate(
                                  dice.percent(2) ? dice.of(BAD_TEMPLATES) : dice.of(TEMPLATES))
                              .build())));
      default -> match.setPrefix(dice.of("", "/a", "/a/", "/A", "/ab"));
    }
    if (dice.percent(20)) {
      match.setCaseSensitive(BoolValue.of(false));
    }
    matches.into(match);
    if (dice.percent(5)) {
      match.setRuntimeFraction(
          RuntimeFractionalPercent.newBuilder()
              .setDefaultValue(
                  FractionalPercent.newBuilder().setNumerator(dice.percent(50) ? 0 : 100)));
    }
    return match;
  }

  private String separated() {
    String path = path();
    return path.endsWith("/") && !dice.percent(2) ? path.substring(0, path.length() - 1) : path;
  }

  private String path() {
    StringBuilder path = new StringBuilder();
    int depth = 1 + dice.below(3);
    for (int i = 0; i < depth; i++) {
      path.append('/').append(dice.of(SEGMENTS));
    }
    return path.append(dice.percent(10) ? "/" : "").toString();
  }

  /** One that fits the template, as a rule. */
  private String filling(String template) {
    if (template == null || dice.percent(4)) {
      return dice.of(BAD_REWRITES);
    }
    List<String> fitting = new ArrayList<>();
    for (String rewrite : TEMPLATE_REWRITES) {
      boolean fits = true;
      for (String name : List.of("x", "y", "rest")) {
        fits &= !rewrite.contains("{" + name + "}") || template.contains("{" + name);
      }
      if (fits) {
        fitting.add(rewrite);
      }
    }
    return dice.of(fitting);
  }

  private RouteAction.Builder forward(String template) {
    RouteAction.Builder action = RouteAction.newBuilder();
    if (dice.percent(20)) {
      action.setWeightedClusters(split());
    } else {
      action.setCluster(dice.percent(3) ? "missing" : dice.of(CLUSTERS));
      if (action.getCluster().equals("missing")) {
        action.setClusterNotFoundResponseCodeValue(dice.below(3));
      }
    }
    switch (dice.below(template == null ? 10 : 6)) {
      case 0 -> action.setRegexRewrite(regexRewrite());
      case 1, 2, 3 -> {
        if (template != null || dice.percent(1)) {
          action.setPathRewritePolicy(
              TypedExtensionConfig.newBuilder()
                  .setName("template")
                  .setTypedConfig(
                      Configs.any(
                          UriTemplateRewriteConfig.newBuilder()
                              .setPathTemplateRewrite(filling(template))
                              .build())));
        }
      }
      case 6, 7, 8 -> action.setPrefixRewrite(dice.of("/", "/new", "/new/", "/n?x=1", "new"));
      default -> {}
    }
    switch (dice.below(12)) {
      case 0, 1 -> action.setHostRewriteLiteral(dice.of("new.example", "new.example:81"));
      case 2 -> action.setHostRewriteHeader(dice.of("x-a", "X-B"));
      case 3 -> action.setHostRewritePathRegex(hostRewrite());
      case 4 -> action.setAutoHostRewrite(BoolValue.of(true));
      default -> {}
    }
    action.setAppendXForwardedHost(dice.percent(10));
    return action;
  }

  private WeightedCluster.Builder split() {
    WeightedCluster.Builder split = WeightedCluster.newBuilder();
    boolean byHeader = dice.percent(50);
    int certain = dice.below(3);
    for (int i = 0; i < 3; i++) {
      WeightedCluster.ClusterWeight.Builder share =
          WeightedCluster.ClusterWeight.newBuilder()
              .setName(CLUSTERS[i])
              .setWeight(UInt32Value.of(byHeader ? 1 + dice.below(50) : i == certain ? 100 : 0));
      if (dice.percent(30)) {
        share
            .addAllRequestHeadersToAdd(headers.adds(false))
            .addAllRequestHeadersToRemove(headers.removes());
      }
      if (dice.percent(30)) {
        share
            .addAllResponseHeadersToAdd(headers.adds(true))
            .addAllResponseHeadersToRemove(headers.removes());
      }
      if (dice.percent(15)) {
        share.setHostRewriteLiteral("share.example");
      }
      split.addClusters(share);
    }
    // without chance: the header is the random value
    return byHeader ? split.setHeaderName("x-random") : split;
  }

  private RegexMatchAndSubstitute.Builder regexRewrite() {
    return RegexMatchAndSubstitute.newBuilder()
        .setPattern(
            RegexMatcher.newBuilder()
                .setRegex(dice.of("^/a/(.*)$", "/", "(a)(b)?", "[0-9]+", "a*", "^/([^/]*)", "b|$")))
        .setSubstitution(
            dice.percent(2)
                ? dice.of("\\2", "x\\", "\\9", "\\x")
                : dice.of("/z/\\0", "-", "\\0\\0", "$1", "", "x\\\\y"));
  }

  private RegexMatchAndSubstitute.Builder hostRewrite() {
    return RegexMatchAndSubstitute.newBuilder()
        .setPattern(RegexMatcher.newBuilder().setRegex(dice.of("^/([^/]+).*$", "^/a.*$", "/")))
        .setSubstitution(dice.of("\\1.example", "h", "\\0"));
  }

  private RedirectAction.Builder redirect() {
    RedirectAction.Builder redirect = RedirectAction.newBuilder();
    switch (dice.below(4)) {
      case 0 -> redirect.setHttpsRedirect(dice.percent(80));
      case 1 -> redirect.setSchemeRedirect(dice.of("https", "http", "HTTPS", "ftp"));
      default -> {}
    }
    if (dice.percent(40)) {
      redirect.setHostRedirect(dice.of("new.example", "new.example:81", "[::1]", "10.0.0.1"));
    }
    if (dice.percent(30)) {
      redirect.setPortRedirect(1 + dice.below(3) * 221);
    }
    switch (dice.below(6)) {
      case 0, 1 -> redirect.setPathRedirect(dice.of("/new", "/new?x=1", "new", "/n#f"));
      case 2 -> redirect.setPrefixRewrite(dice.of("/new", "/", "/n?x=1"));
      case 3 -> redirect.setRegexRewrite(regexRewrite());
      default -> {}
    }
    redirect.setStripQuery(dice.percent(30));
    redirect.setResponseCodeValue(dice.below(5));
    return redirect;
  }

  private DirectResponseAction.Builder direct() {
    DirectResponseAction.Builder direct =
        DirectResponseAction.newBuilder()
            .setStatus(
                Integer.parseInt(dice.of("200", "201", "204", "404", "418", "503", "301", "599")));
    // Envoy sends the body of a 204 too, which no client can read
    if (dice.percent(60) && direct.getStatus() != 204) {
      direct.setBody(DataSource.newBuilder().setInlineString(dice.of("text", "{\"a\": 1}", "%")));
    }
    return direct;
  }
}
