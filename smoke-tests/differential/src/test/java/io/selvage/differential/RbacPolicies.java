package io.selvage.differential;

import com.google.protobuf.UInt32Value;
import io.envoyproxy.envoy.config.core.v3.CidrRange;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.config.rbac.v3.Permission;
import io.envoyproxy.envoy.config.rbac.v3.Policy;
import io.envoyproxy.envoy.config.rbac.v3.Principal;
import io.envoyproxy.envoy.config.rbac.v3.RBAC;
import io.envoyproxy.envoy.config.route.v3.HeaderMatcher;
import io.envoyproxy.envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig;
import io.envoyproxy.envoy.type.matcher.v3.PathMatcher;
import io.envoyproxy.envoy.type.matcher.v3.RegexMatcher;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import io.envoyproxy.envoy.type.v3.Int32Range;
import java.util.List;
import java.util.SplittableRandom;

/** Authorization filters by chance: every matcher that the agent knows, nested. */
final class RbacPolicies {
  static final List<String> PATHS =
      List.of(
          "/",
          "/a",
          "/a/b",
          "/A/b",
          "/admin",
          "/admin/users/7",
          "/api/v1/orders",
          "/api/v2/orders",
          "/health",
          "/x.y/z~1",
          "/a/b/c/d",
          "/orders/42/items");
  static final List<String> HEADERS = List.of("x-a", "x-b", "x-c");
  static final List<String> VALUES = List.of("1", "a", "ab", "b", "Ab", "12", "-3", "007", "");
  private static final List<String> TEMPLATES =
      List.of(
          "/a/*", "/{x}/b", "/api/{v}/orders", "/**", "/orders/{id}/items", "/a/**", "/*/*/*/*");
  private static final List<String> PATTERNS =
      List.of(
          "/a.*",
          ".*",
          "[ab]+",
          "/(admin|api)/.*",
          "\\d+",
          ".*orders",
          "a|ab",
          "/[^/]+/b",
          "-?[0-9]*");
  private static final int DEPTH = 3;

  private final SplittableRandom random;
  private final int port;
  private final String address;
  private final List<String> ids;

  RbacPolicies(SplittableRandom random, int port, String address, List<String> ids) {
    this.random = random;
    this.port = port;
    this.address = address;
    this.ids = ids;
  }

  RBAC next() {
    RBAC.Builder rbac = RBAC.newBuilder();
    rbac.setAction(random.nextInt(3) == 0 ? RBAC.Action.DENY : RBAC.Action.ALLOW);
    int policies = 1 + random.nextInt(3);
    for (int i = 0; i < policies; i++) {
      Policy.Builder policy = Policy.newBuilder();
      for (int n = random.nextInt(2); n >= 0; n--) {
        policy.addPermissions(permission(DEPTH));
        policy.addPrincipals(principal(DEPTH));
      }
      rbac.putPolicies("p" + i, policy.build());
    }
    return rbac.build();
  }

  private Permission permission(int depth) {
    Permission.Builder p = Permission.newBuilder();
    switch (random.nextInt(depth > 0 ? 13 : 9)) {
      case 0 -> p.setAny(true);
      case 1, 2 -> p.setHeader(header());
      case 3, 4 -> p.setUrlPath(path());
      case 5 ->
          p.setUriTemplate(
              TypedExtensionConfig.newBuilder()
                  .setName("template")
                  .setTypedConfig(
                      Configs.any(
                          UriTemplateMatchConfig.newBuilder()
                              .setPathTemplate(pick(TEMPLATES))
                              .build())));
      case 6 -> p.setDestinationPort(random.nextBoolean() ? port : port + 1);
      case 7 ->
          p.setDestinationPortRange(
              Int32Range.newBuilder()
                  .setStart(port - random.nextInt(2))
                  .setEnd(port + 1 + random.nextInt(3)));
      case 8 ->
          p.setDestinationIp(random.nextBoolean() ? range(address, 32) : range("127.0.0.0", 8));
      case 9, 10 -> {
        Permission.Set.Builder set = Permission.Set.newBuilder();
        for (int n = random.nextInt(3); n >= 0; n--) {
          set.addRules(permission(depth - 1));
        }
        if (random.nextBoolean()) {
          p.setAndRules(set);
        } else {
          p.setOrRules(set);
        }
      }
      default -> p.setNotRule(permission(depth - 1));
    }
    return p.build();
  }

  private Principal principal(int depth) {
    Principal.Builder p = Principal.newBuilder();
    switch (random.nextInt(depth > 0 ? 12 : 8)) {
      case 0 -> p.setAny(true);
      case 1 -> p.setAuthenticated(Principal.Authenticated.getDefaultInstance());
      case 2, 3 ->
          p.setAuthenticated(
              Principal.Authenticated.newBuilder().setPrincipalName(string(ids, "spiffe")));
      case 4 -> p.setDirectRemoteIp(range("127.9." + random.nextInt(3) + ".0", 24));
      case 5 -> p.setRemoteIp(range("127.9." + random.nextInt(4) + ".0", 23));
      case 6 -> p.setHeader(header());
      case 7 -> p.setUrlPath(path());
      case 8, 9 -> {
        Principal.Set.Builder set = Principal.Set.newBuilder();
        for (int n = random.nextInt(3); n >= 0; n--) {
          set.addIds(principal(depth - 1));
        }
        if (random.nextBoolean()) {
          p.setAndIds(set);
        } else {
          p.setOrIds(set);
        }
      }
      default -> p.setNotId(principal(depth - 1));
    }
    return p.build();
  }

  private static CidrRange range(String address, int length) {
    return CidrRange.newBuilder()
        .setAddressPrefix(address)
        .setPrefixLen(UInt32Value.of(length))
        .build();
  }

  private PathMatcher path() {
    return PathMatcher.newBuilder().setPath(string(PATHS, "/a")).build();
  }

  private HeaderMatcher header() {
    HeaderMatcher.Builder m = HeaderMatcher.newBuilder();
    int which = random.nextInt(6);
    m.setName(which == 0 ? ":method" : which == 1 ? ":authority" : pick(HEADERS));
    m.setInvertMatch(random.nextInt(4) == 0);
    m.setTreatMissingHeaderAsEmpty(random.nextInt(5) == 0);
    switch (random.nextInt(5)) {
      case 0 -> m.setPresentMatch(random.nextBoolean());
      case 1 ->
          m.setRangeMatch(
              io.envoyproxy.envoy.type.v3.Int64Range.newBuilder()
                  .setStart(-5)
                  .setEnd(random.nextInt(20)));
      default ->
          m.setStringMatch(
              which == 0 ? string(List.of("GET", "POST", "get"), "G") : string(VALUES, "a"));
    }
    return m.build();
  }

  private StringMatcher string(List<String> exact, String part) {
    StringMatcher.Builder m = StringMatcher.newBuilder();
    String value = pick(exact);
    boolean regex = false;
    switch (random.nextInt(6)) {
      case 0, 1 -> m.setExact(value);
      case 2 -> m.setPrefix(value.isEmpty() ? part : value.substring(0, 1 + value.length() / 2));
      case 3 -> m.setSuffix(value.isEmpty() ? part : value.substring(value.length() / 2));
      case 4 -> m.setContains(value.isEmpty() ? part : value.substring(value.length() / 3));
      default -> {
        regex = true;
        m.setSafeRegex(RegexMatcher.newBuilder().setRegex(pick(PATTERNS)));
      }
    }
    return m.setIgnoreCase(!regex && random.nextInt(4) == 0).build();
  }

  private <T> T pick(List<T> from) {
    return from.get(random.nextInt(from.size()));
  }
}
