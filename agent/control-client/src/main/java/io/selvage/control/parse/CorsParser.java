package io.selvage.control.parse;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.extensions.filters.http.cors.v3.CorsPolicy;
import io.selvage.engine.model.Cors;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Cross-origin rules. */
final class CorsParser {
  static final String TYPE = "envoy.extensions.filters.http.cors.v3.CorsPolicy";
  static final String NAME = "envoy.filters.http.cors";

  private CorsParser() {}

  /**
   * The rules of a route: what it does not say, its virtual host does, and then the configuration;
   * null when nobody says anything.
   */
  @SafeVarargs
  static @Nullable Cors parse(Field f, Map<String, Any>... levels) {
    CorsPolicy.Builder all = null;
    Field first = f;
    for (Map<String, Any> level : levels) {
      for (Map.Entry<String, Any> entry : level.entrySet()) {
        Field at = f.at("typed_per_filter_config", entry.getKey());
        if (entry.getKey().equals(NAME) && RouteParser.isDisabled(entry.getValue(), at)) {
          return null;
        }
        Any any = RouteParser.inner(entry.getValue(), at);
        CorsPolicy policy =
            Field.typeOf(any).equals(TYPE) ? at.unpack(any, TYPE, CorsPolicy.parser()) : null;
        if (policy == null) {
          continue;
        }
        if (all == null) {
          all = policy.toBuilder();
          first = at;
        } else {
          complete(all, policy);
        }
      }
    }
    return all == null ? null : rules(all.build(), first);
  }

  private static void complete(CorsPolicy.Builder to, CorsPolicy from) {
    if (to.getAllowOriginStringMatchCount() == 0) {
      to.addAllAllowOriginStringMatch(from.getAllowOriginStringMatchList());
    }
    if (to.getAllowMethods().isEmpty()) {
      to.setAllowMethods(from.getAllowMethods());
    }
    if (to.getAllowHeaders().isEmpty()) {
      to.setAllowHeaders(from.getAllowHeaders());
    }
    if (to.getExposeHeaders().isEmpty()) {
      to.setExposeHeaders(from.getExposeHeaders());
    }
    if (to.getMaxAge().isEmpty()) {
      to.setMaxAge(from.getMaxAge());
    }
    if (!to.hasAllowCredentials() && from.hasAllowCredentials()) {
      to.setAllowCredentials(from.getAllowCredentials());
    }
    if (!to.hasForwardNotMatchingPreflights() && from.hasForwardNotMatchingPreflights()) {
      to.setForwardNotMatchingPreflights(from.getForwardNotMatchingPreflights());
    }
    if (!to.hasAllowPrivateNetworkAccess() && from.hasAllowPrivateNetworkAccess()) {
      to.setAllowPrivateNetworkAccess(from.getAllowPrivateNetworkAccess());
    }
  }

  private static Cors rules(CorsPolicy policy, Field f) {
    Duration age = null;
    if (!policy.getMaxAge().isEmpty()) {
      if (policy.getMaxAge().matches("\\d{1,9}")) {
        age = Duration.ofSeconds(Long.parseLong(policy.getMaxAge()));
      } else {
        f.at("max_age").refuse("not a number of seconds: " + policy.getMaxAge());
      }
    }
    double share =
        policy.hasFilterEnabled()
            ? Values.fraction(
                policy.getFilterEnabled().getDefaultValue(), f.at("filter_enabled.default_value"))
            : 1.0;
    return new Cors(
        Matchers.strings(policy.getAllowOriginStringMatchList(), f, "allow_origin_string_match"),
        text(policy.getAllowMethods()),
        text(policy.getAllowHeaders()),
        text(policy.getExposeHeaders()),
        age,
        policy.getAllowCredentials().getValue(),
        Values.flag(
            policy.hasForwardNotMatchingPreflights(),
            policy.getForwardNotMatchingPreflights(),
            true),
        policy.getAllowPrivateNetworkAccess().getValue(),
        share);
  }

  /** As it is written: browsers split it. */
  private static List<String> text(String value) {
    return value.isEmpty() ? List.of() : List.of(value);
  }
}
