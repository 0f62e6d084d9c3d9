package io.selvage.controller.translate;

import io.envoyproxy.envoy.config.core.v3.CidrRange;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.config.rbac.v3.Permission;
import io.envoyproxy.envoy.config.rbac.v3.Principal;
import io.envoyproxy.envoy.config.route.v3.HeaderMatcher;
import io.envoyproxy.envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig;
import io.envoyproxy.envoy.type.matcher.v3.ListMatcher;
import io.envoyproxy.envoy.type.matcher.v3.MetadataMatcher;
import io.envoyproxy.envoy.type.matcher.v3.OrMatcher;
import io.envoyproxy.envoy.type.matcher.v3.PathMatcher;
import io.envoyproxy.envoy.type.matcher.v3.RegexMatcher;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import io.envoyproxy.envoy.type.matcher.v3.ValueMatcher;
import java.util.List;

/**
 * Single values of authorization rules as Envoy's matchers.
 *
 * <p>{@code *} alone, in front and at the end have Istio's meaning; every other character stands
 * for itself, also where a regex has to be built.
 */
final class RbacMatchers {
  private static final String JWT = "envoy.filters.http.jwt_authn";
  private static final String SPIFFE = "spiffe://";
  private static final String SPECIAL = "\\.+*?()|[]{}^$";

  private RbacMatchers() {}

  private static StringMatcher regex(String pattern) {
    return StringMatcher.newBuilder()
        .setSafeRegex(RegexMatcher.newBuilder().setRegex(pattern))
        .build();
  }

  /** RE2's quoting. */
  static String quote(String literal) {
    StringBuilder quoted = new StringBuilder();
    for (char c : literal.toCharArray()) {
      if (SPECIAL.indexOf(c) >= 0) {
        quoted.append('\\');
      }
      quoted.append(c);
    }
    return quoted.toString();
  }

  private static StringMatcher string(String value, boolean ignoreCase) {
    StringMatcher.Builder matcher = StringMatcher.newBuilder().setIgnoreCase(ignoreCase);
    if (value.equals("*")) {
      return regex(".+");
    }
    if (value.startsWith("*")) {
      return matcher.setSuffix(value.substring(1)).build();
    }
    if (value.endsWith("*")) {
      return matcher.setPrefix(value.substring(0, value.length() - 1)).build();
    }
    return matcher.setExact(value).build();
  }

  private static HeaderMatcher header(String name, String value, boolean ignoreCase) {
    HeaderMatcher.Builder header = HeaderMatcher.newBuilder().setName(name);
    return value.equals("*")
        ? header.setPresentMatch(true).build()
        : header.setStringMatch(string(value, ignoreCase)).build();
  }

  static Permission permissionHeader(String name, String value, boolean ignoreCase) {
    return Permission.newBuilder().setHeader(header(name, value, ignoreCase)).build();
  }

  static Principal principalHeader(String name, String value) {
    return Principal.newBuilder().setHeader(header(name, value, false)).build();
  }

  static Permission path(String value) {
    if (value.contains("{*}") || value.contains("{**}")) {
      return Permission.newBuilder()
          .setUriTemplate(
              TypedExtensionConfig.newBuilder()
                  .setName("uri-template")
                  .setTypedConfig(
                      Protos.any(
                          UriTemplateMatchConfig.newBuilder()
                              .setPathTemplate(value.replace("{**}", "**").replace("{*}", "*"))
                              .build())))
          .build();
    }
    return Permission.newBuilder()
        .setUrlPath(PathMatcher.newBuilder().setPath(string(value, false)))
        .build();
  }

  static Permission port(String value) {
    int port;
    try {
      port = Integer.parseInt(value);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("'" + value + "' is no port", e);
    }
    if (port < 0 || port > 65535) {
      throw new IllegalArgumentException("'" + value + "' is no port");
    }
    return Permission.newBuilder().setDestinationPort(port).build();
  }

  static Permission sni(String value) {
    return Permission.newBuilder().setRequestedServerName(string(value, false)).build();
  }

  static Permission destinationIp(String value) {
    return Permission.newBuilder().setDestinationIp(cidr(value)).build();
  }

  static Principal directIp(String value) {
    return Principal.newBuilder().setDirectRemoteIp(cidr(value)).build();
  }

  static Principal remoteIp(String value) {
    return Principal.newBuilder().setRemoteIp(cidr(value)).build();
  }

  private static CidrRange cidr(String value) {
    String[] parts = value.split("/", -1);
    boolean v6 = parts[0].contains(":");
    boolean legal =
        parts.length <= 2
            && (v6 ? parts[0].matches("[0-9a-fA-F:.]+") : parts[0].matches("[0-9]+(\\.[0-9]+){3}"));
    int bits = v6 ? 128 : 32;
    int length = bits;
    if (legal && parts.length == 2) {
      legal = parts[1].matches("[0-9]{1,3}");
      length = legal ? Integer.parseInt(parts[1]) : 0;
    }
    if (!legal || length > bits) {
      throw new IllegalArgumentException("'" + value + "' is no address or CIDR");
    }
    return CidrRange.newBuilder()
        .setAddressPrefix(parts[0])
        .setPrefixLen(Protos.number(length))
        .build();
  }

  private static Principal authenticated(StringMatcher matcher) {
    return Principal.newBuilder()
        .setAuthenticated(Principal.Authenticated.newBuilder().setPrincipalName(matcher))
        .build();
  }

  /** {@code TRUST_DOMAIN/ns/NS/sa/SA} or a pattern of it. */
  static Principal principal(String value) {
    if (value.equals("*")) {
      return authenticated(regex(".+"));
    }
    if (value.startsWith("*")) {
      return authenticated(regex(SPIFFE + ".*" + quote(value.substring(1))));
    }
    return authenticated(string(SPIFFE + value, false));
  }

  static Principal namespace(String value) {
    return authenticated(regex(".*/ns/" + quote(value).replace("\\*", ".*") + "/.*"));
  }

  /** {@code NAMESPACE/SERVICE_ACCOUNT}, exact. */
  static Principal serviceAccount(String value) {
    String[] parts = value.split("/", 2);
    return authenticated(regex(SPIFFE + "[^/]+/ns/" + quote(parts[0]) + "/sa/" + quote(parts[1])));
  }

  static Principal trustDomain(String value) {
    return authenticated(regex(SPIFFE + quote(value).replace("\\*", "[^/]*") + "/.*"));
  }

  /** {@code ISSUER/SUBJECT} of a checked token. */
  static Principal requestPrincipal(String value) {
    int slash = value.lastIndexOf('/');
    String issuer = slash < 0 ? value : value.substring(0, slash);
    String subject = slash < 0 ? "" : value.substring(slash + 1);
    if (value.equals("*")) {
      subject = "*";
    } else if (slash < 0 && value.startsWith("*")) {
      issuer = "*";
      subject = value;
    } else if (slash < 0 && value.endsWith("*")) {
      subject = "*";
    }
    return Principal.newBuilder()
        .setAndIds(
            Principal.Set.newBuilder()
                .addIds(metadata(List.of("iss"), text(issuer)))
                .addIds(metadata(List.of("sub"), text(subject))))
        .build();
  }

  /** A claim, nested names joined by {@code ][}; a list matches when one of its texts does. */
  static Principal claim(String path, String value) {
    ValueMatcher one = text(value);
    ValueMatcher either =
        ValueMatcher.newBuilder()
            .setOrMatch(
                OrMatcher.newBuilder()
                    .addValueMatchers(one)
                    .addValueMatchers(
                        ValueMatcher.newBuilder()
                            .setListMatch(ListMatcher.newBuilder().setOneOf(one))))
            .build();
    return metadata(List.of(path.split("\\]\\[")), either);
  }

  private static ValueMatcher text(String value) {
    return ValueMatcher.newBuilder().setStringMatch(string(value, false)).build();
  }

  private static Principal metadata(List<String> path, ValueMatcher value) {
    MetadataMatcher.Builder matcher =
        MetadataMatcher.newBuilder()
            .setFilter(JWT)
            .addPath(MetadataMatcher.PathSegment.newBuilder().setKey("payload"))
            .setValue(value);
    path.forEach(p -> matcher.addPath(MetadataMatcher.PathSegment.newBuilder().setKey(p)));
    return metadataPrincipal(matcher.build());
  }

  @SuppressWarnings("deprecation") // Istio's shape; its successor needs newer data planes
  private static Principal metadataPrincipal(MetadataMatcher matcher) {
    return Principal.newBuilder().setMetadata(matcher).build();
  }
}
