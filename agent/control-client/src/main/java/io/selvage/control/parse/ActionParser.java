package io.selvage.control.parse;

import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.envoyproxy.envoy.config.route.v3.DirectResponseAction;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.envoyproxy.envoy.config.route.v3.WeightedCluster;
import io.selvage.engine.model.HashPolicy;
import io.selvage.engine.model.Mirror;
import io.selvage.engine.model.RetryPolicy;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a route does with a request. */
final class ActionParser {
  private static final String INBOUND = "inbound|";

  private ActionParser() {}

  static io.selvage.engine.model.@Nullable RouteAction parse(
      Route route, VirtualHost host, List<Mirror> mirrors, boolean inbound, Field f) {
    return switch (route.getActionCase()) {
      case ROUTE ->
          inbound && route.getRoute().getCluster().startsWith(INBOUND)
              ? new io.selvage.engine.model.RouteAction.Accept(route.getRoute().getCluster())
              : forward(route, host, mirrors, f.at("route"));
      case REDIRECT ->
          RewriteParser.redirect(route.getRedirect(), route.getMatch(), f.at("redirect"));
      case DIRECT_RESPONSE -> direct(route.getDirectResponse(), f.at("direct_response"));
      case NON_FORWARDING_ACTION -> new io.selvage.engine.model.RouteAction.Accept();
      default -> {
        f.refuse("action not supported: " + route.getActionCase());
        yield null;
      }
    };
  }

  private static io.selvage.engine.model.RouteAction forward(
      Route route, VirtualHost host, List<Mirror> mirrors, Field f) {
    RouteAction action = route.getRoute();
    f.unsupported(
        action.hasMetadataMatch()
            && !action.getMetadataMatch().equals(Metadata.getDefaultInstance()),
        "metadata_match");
    LeftOut.action(action, f);
    RetryPolicy retry = null;
    if (action.hasRetryPolicy()) {
      retry = RetryParser.parse(action.getRetryPolicy(), f.at("retry_policy"));
    } else if (host.hasRetryPolicy()) {
      retry = RetryParser.parse(host.getRetryPolicy(), f.at("retry_policy"));
    }
    if (retry != null && OwnMetadata.retryDefaulted(route.getMetadata(), f)) {
      retry = retry.asDefault();
    }
    return new io.selvage.engine.model.RouteAction.Forward(
        clusters(action, f),
        RewriteParser.rewrite(action, route.getMatch(), f),
        action.hasTimeout() ? Values.duration(action.getTimeout(), f.at("timeout")) : null,
        action.hasIdleTimeout()
            ? Values.duration(action.getIdleTimeout(), f.at("idle_timeout"))
            : null,
        retry,
        action.getRequestMirrorPoliciesCount() > 0
            ? mirrors(action.getRequestMirrorPoliciesList(), f)
            : mirrors,
        hashes(action, f),
        RoutePolicyParser.parse(action, host, f),
        splitHeader(action),
        unknownStatus(action, f));
  }

  private static int unknownStatus(RouteAction action, Field f) {
    return switch (action.getClusterNotFoundResponseCode()) {
      case SERVICE_UNAVAILABLE -> 503;
      case NOT_FOUND -> 404;
      case INTERNAL_SERVER_ERROR -> 500;
      case UNRECOGNIZED -> {
        f.at("cluster_not_found_response_code")
            .refuse("unknown: " + action.getClusterNotFoundResponseCodeValue());
        yield 503;
      }
    };
  }

  private static List<io.selvage.engine.model.WeightedCluster> clusters(
      RouteAction action, Field f) {
    List<io.selvage.engine.model.WeightedCluster> found = new ArrayList<>();
    switch (action.getClusterSpecifierCase()) {
      case CLUSTER -> {
        if (action.getCluster().isEmpty()) {
          f.at("cluster").refuse("must not be empty");
        }
        found.add(io.selvage.engine.model.WeightedCluster.all(action.getCluster()));
      }
      case WEIGHTED_CLUSTERS -> {
        Field in = f.at("weighted_clusters");
        long sum = 0;
        for (int i = 0; i < action.getWeightedClusters().getClustersCount(); i++) {
          WeightedCluster.ClusterWeight share = action.getWeightedClusters().getClusters(i);
          Field at = in.at("clusters", i);
          if (share.getName().isEmpty()) {
            at.at("name").refuse("must not be empty");
          }
          at.unsupported(share.getTypedPerFilterConfigCount() > 0, "typed_per_filter_config");
          int weight = Values.number(share.hasWeight(), share.getWeight(), 0);
          sum += Integer.toUnsignedLong(share.getWeight().getValue());
          found.add(
              new io.selvage.engine.model.WeightedCluster(
                  share.getName(),
                  weight,
                  HeaderOpsParser.parse(
                      share.getRequestHeadersToAddList(),
                      "request_headers_to_add",
                      share.getRequestHeadersToRemoveList(),
                      at),
                  HeaderOpsParser.parse(
                      share.getResponseHeadersToAddList(),
                      "response_headers_to_add",
                      share.getResponseHeadersToRemoveList(),
                      at),
                  share.getHostRewriteLiteral().isEmpty() ? null : share.getHostRewriteLiteral()));
        }
        if (sum < 1) {
          in.refuse("total destination weight = 0");
        } else if (sum > 0xffff_ffffL) {
          in.refuse("total destination weight " + sum + " exceeds 4294967295");
        }
      }
      default -> f.refuse("cluster specifier not supported: " + action.getClusterSpecifierCase());
    }
    return found;
  }

  private static @Nullable String splitHeader(RouteAction action) {
    String name = action.getWeightedClusters().getHeaderName();
    return name.isEmpty() ? null : name.toLowerCase(Locale.ROOT);
  }

  /** Of a route, a virtual host or a whole configuration. */
  static List<Mirror> mirrors(List<RouteAction.RequestMirrorPolicy> policies, Field f) {
    List<Mirror> mirrors = new ArrayList<>();
    for (int i = 0; i < policies.size(); i++) {
      RouteAction.RequestMirrorPolicy policy = policies.get(i);
      Field at = f.at("request_mirror_policies", i);
      if (policy.getCluster().isEmpty()) {
        at.at("cluster").warn("only a named cluster is supported, left out");
        continue;
      }
      double fraction =
          policy.hasRuntimeFraction()
              ? Values.fraction(
                  policy.getRuntimeFraction().getDefaultValue(),
                  at.at("runtime_fraction.default_value"))
              : 1.0;
      mirrors.add(
          new Mirror(policy.getCluster(), fraction, !policy.getDisableShadowHostSuffixAppend()));
    }
    return mirrors;
  }

  private static List<HashPolicy> hashes(RouteAction action, Field f) {
    List<HashPolicy> found = new ArrayList<>();
    for (int i = 0; i < action.getHashPolicyCount(); i++) {
      RouteAction.HashPolicy policy = action.getHashPolicy(i);
      Field at = f.at("hash_policy", i);
      boolean terminal = policy.getTerminal();
      switch (policy.getPolicySpecifierCase()) {
        case HEADER -> {
          at.unsupported(policy.getHeader().hasRegexRewrite(), "header.regex_rewrite");
          found.add(
              new HashPolicy.Header(
                  policy.getHeader().getHeaderName().toLowerCase(Locale.ROOT), terminal));
        }
        case COOKIE ->
            found.add(
                new HashPolicy.Cookie(
                    policy.getCookie().getName(),
                    policy.getCookie().hasTtl()
                        ? Values.duration(policy.getCookie().getTtl(), at.at("cookie.ttl"))
                        : null,
                    policy.getCookie().getPath(),
                    terminal,
                    attributes(policy.getCookie())));
        case CONNECTION_PROPERTIES -> {
          if (policy.getConnectionProperties().getSourceIp()) {
            found.add(new HashPolicy.SourceIp(terminal));
          }
        }
        case QUERY_PARAMETER ->
            found.add(
                new HashPolicy.QueryParameter(policy.getQueryParameter().getName(), terminal));
        // left out, requests of one key would go to several hosts
        case FILTER_STATE -> at.at("filter_state").refuse("not supported: there is no such state");
        case POLICYSPECIFIER_NOT_SET -> at.refuse("no policy that this agent knows");
      }
    }
    return found;
  }

  private static Map<String, String> attributes(RouteAction.HashPolicy.Cookie cookie) {
    Map<String, String> attributes = new LinkedHashMap<>();
    cookie.getAttributesList().forEach(each -> attributes.put(each.getName(), each.getValue()));
    return attributes;
  }

  private static io.selvage.engine.model.RouteAction direct(DirectResponseAction direct, Field f) {
    int status = direct.getStatus();
    if (status < 200 || status > 599) {
      f.at("status").refuse("not an HTTP status: " + status);
    }
    byte[] body = {};
    if (direct.hasBody()) {
      String text = Values.inline(direct.getBody(), f.at("body"));
      body = text == null ? body : text.getBytes(StandardCharsets.UTF_8);
    }
    return new io.selvage.engine.model.RouteAction.Direct(status, body, null);
  }
}
