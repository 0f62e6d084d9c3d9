package io.selvage.differential;

import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import java.util.ArrayList;
import java.util.List;

/** Requests from a seed, most of which come near what a table speaks of. */
final class Requests {
  private final Dice dice;
  private final List<String> domains = new ArrayList<>();
  private final List<String> paths = new ArrayList<>();

  Requests(long seed, RouteConfiguration table) {
    dice = new Dice(seed);
    table
        .getVirtualHostsList()
        .forEach(
            host -> {
              domains.addAll(host.getDomainsList());
              host.getRoutesList().forEach(route -> paths.add(near(route.getMatch())));
            });
  }

  private static String near(RouteMatch match) {
    return switch (match.getPathSpecifierCase()) {
      case PREFIX -> match.getPrefix();
      case PATH -> match.getPath();
      case PATH_SEPARATED_PREFIX -> match.getPathSeparatedPrefix();
      default -> "";
    };
  }

  List<Call> calls(String listener, int count) {
    List<Call> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      all.add(call(listener));
    }
    return all;
  }

  private Call call(String listener) {
    List<Header> headers = new ArrayList<>();
    for (String name : MatchTables.NAMES) {
      if (dice.percent(35)) {
        headers.add(new Header(name, dice.of(MatchTables.VALUES)));
        if (dice.percent(10) && name.equals("X-Multi")) {
          headers.add(new Header(name, dice.of(MatchTables.VALUES)));
        }
      }
    }
    if (dice.percent(20)) {
      headers.add(new Header("x-old", "old"));
    }
    headers.add(new Header("x-random", "" + dice.below(200)));
    if (dice.percent(3)) {
      headers.add(new Header("x-forwarded-host", "before.example"));
    }
    if (dice.percent(3)) {
      headers.add(
          new Header("content-type", dice.of("application/grpc", "application/grpc+proto", "a/b")));
    }
    boolean grpc = Header.joined(headers, "content-type") != null;
    String method = grpc ? "POST" : dice.of("GET", "GET", "GET", "POST", "HEAD", "PUT");
    return Call.of(listener, method, authority(), path(), headers);
  }

  private String authority() {
    String host =
        domains.isEmpty() || dice.percent(25) ? dice.of(RouteTables.DOMAINS) : dice.of(domains);
    host = host.replace(":*", ":8080").replace("*", dice.of("x", "a", "ample", "y.z"));
    if (host.equals("x") || dice.percent(5)) {
      host = dice.of("other", "10.0.0.1", "[::2]");
    }
    if (dice.percent(25) && host.indexOf(':') < 0) {
      host += dice.of(":8080", ":80", ":9000");
    }
    return dice.percent(10) ? host.toUpperCase(java.util.Locale.ROOT) : host;
  }

  private String path() {
    StringBuilder path = new StringBuilder();
    if (!paths.isEmpty() && dice.percent(60)) {
      path.append(dice.of(paths));
    }
    while (path.length() == 0 || dice.percent(45)) {
      if (path.length() == 0 || dice.percent(85)) {
        path.append('/');
      }
      path.append(
          dice.percent(6)
              ? dice.of(".", "..", "", "%2e%2e", "%41", "a;b=c", "%2F", "~", "%7e")
              : dice.of(RouteTables.SEGMENTS));
    }
    if (path.charAt(0) != '/') {
      path.insert(0, '/');
    }
    if (dice.percent(40)) {
      path.append('?').append(parameter());
      while (dice.percent(30)) {
        path.append('&').append(parameter());
      }
    }
    return path.toString();
  }

  private String parameter() {
    String name = dice.of("q", "r", "q%20", "a%20b", "z");
    return dice.percent(15)
        ? name
        : name + "=" + dice.of("1", "one", "One", "", "a%2Cb", "23", "a=b");
  }
}
