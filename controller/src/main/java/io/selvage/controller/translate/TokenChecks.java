package io.selvage.controller.translate;

import com.google.protobuf.Empty;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.config.core.v3.HttpUri;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.Endpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtClaimToHeader;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtHeader;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtProvider;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtRequirement;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtRequirementAndList;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtRequirementOrList;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.RemoteJwks;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.RequirementRule;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import io.selvage.controller.registry.WorkloadNode;
import io.selvage.controller.resource.view.AuthorizationPolicy;
import io.selvage.controller.resource.view.RequestAuthentication;
import io.selvage.controller.resource.view.RequestAuthentication.JwtRule;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * RequestAuthentications of one workload as Envoy's {@code jwt_authn} filter, built as Istio builds
 * it: a request may lack a token, but one that it has must be good. Keys are fetched by the data
 * plane itself.
 */
final class TokenChecks {
  private static final String FILTER = "envoy.filters.http.jwt_authn";
  private static final Duration TIMEOUT = Duration.ofSeconds(5);
  private static final Duration FRESH = Duration.ofMinutes(20);

  /** Where an issuer says where its keys are (OpenID Connect Discovery 1.0 §4). */
  private static final String DISCOVERY = "/.well-known/openid-configuration";

  private final MeshView view;
  private final boolean forAgent;
  private final Problems problems;
  private final List<Sourced> rules = new ArrayList<>();
  private final Map<String, Cluster> clusters = new LinkedHashMap<>();
  private final List<HttpFilter> filters;

  private record Sourced(RequestAuthentication policy, int index, JwtRule rule) {}

  TokenChecks(MeshView view, WorkloadNode node, Problems problems) {
    this.view = view;
    this.forAgent = node.isAgent();
    this.problems = problems;
    for (RequestAuthentication policy : view.requestAuthentications()) {
      if (covers(policy, node)) {
        for (int i = 0; i < policy.jwtRules().size(); i++) {
          rules.add(new Sourced(policy, i, policy.jwtRules().get(i)));
        }
      }
    }
    rules.sort(Comparator.comparing(each -> each.rule().issuer()));
    filters = rules.isEmpty() ? List.of() : List.of(Protos.httpFilter(FILTER, filter()));
  }

  private boolean covers(RequestAuthentication policy, WorkloadNode node) {
    String namespace = policy.source().namespace();
    if (!namespace.equals(node.namespace()) && !namespace.equals(view.settings().rootNamespace())) {
      return false;
    }
    if (!policy.targetRefs().isEmpty()) {
      for (AuthorizationPolicy.TargetRef ref : policy.targetRefs()) {
        if (ref.kind().equals("Service")
            && namespace.equals(node.namespace())
            && ref.name().equals(node.service())) {
          return true;
        }
      }
      return false;
    }
    return ServiceIndex.matches(policy.selector(), node.labels());
  }

  List<HttpFilter> filters() {
    return filters;
  }

  /** Clusters that an Envoy needs to fetch keys; an agent needs none. */
  List<Cluster> clusters() {
    return List.copyOf(clusters.values());
  }

  private JwtAuthentication filter() {
    JwtAuthentication.Builder out = JwtAuthentication.newBuilder().setBypassCorsPreflight(true);
    List<JwtRequirement> anyOf = new ArrayList<>();
    List<JwtRequirement> allOf = new ArrayList<>();
    for (int i = 0; i < rules.size(); i++) {
      String name = "origins-" + i;
      out.putProviders(name, provider(rules.get(i)));
      JwtRequirement one = JwtRequirement.newBuilder().setProviderName(name).build();
      anyOf.add(one);
      allOf.add(
          any(
              List.of(
                  one,
                  JwtRequirement.newBuilder()
                      .setAllowMissing(Empty.getDefaultInstance())
                      .build())));
    }
    // several issuers may share a place, where a token is good for one of them only
    JwtRequirement needed = allOf.get(0);
    if (allOf.size() > 1) {
      anyOf.add(
          JwtRequirement.newBuilder()
              .setRequiresAll(JwtRequirementAndList.newBuilder().addAllRequirements(allOf))
              .build());
      needed = any(anyOf);
    }
    return out.addRules(
            RequirementRule.newBuilder().setMatch(RouteMatches.everything()).setRequires(needed))
        .build();
  }

  private static JwtRequirement any(List<JwtRequirement> of) {
    return JwtRequirement.newBuilder()
        .setRequiresAny(JwtRequirementOrList.newBuilder().addAllRequirements(of))
        .build();
  }

  private JwtProvider provider(Sourced sourced) {
    JwtRule rule = sourced.rule();
    JwtProvider.Builder out =
        JwtProvider.newBuilder()
            .setIssuer(rule.issuer())
            .addAllAudiences(rule.audiences())
            .setForward(rule.forwardOriginalToken())
            .setForwardPayloadHeader(rule.outputPayloadToHeader())
            .setPayloadInMetadata("payload")
            .setNormalizePayloadInMetadata(
                JwtProvider.NormalizePayload.newBuilder()
                    .addSpaceDelimitedClaims("scope")
                    .addSpaceDelimitedClaims("permission")
                    .addAllSpaceDelimitedClaims(rule.spaceDelimitedClaims()));
    rule.fromHeaders()
        .forEach(
            h ->
                out.addFromHeaders(
                    JwtHeader.newBuilder().setName(h.name()).setValuePrefix(h.prefix())));
    out.addAllFromParams(rule.fromParams()).addAllFromCookies(rule.fromCookies());
    rule.outputClaimToHeaders()
        .forEach(
            c ->
                out.addClaimToHeaders(
                    JwtClaimToHeader.newBuilder()
                        .setHeaderName(c.header())
                        .setClaimName(c.claim())));
    if (!rule.jwks().isEmpty()) {
      return out.setLocalJwks(DataSource.newBuilder().setInlineString(rule.jwks())).build();
    }
    return out.setRemoteJwks(remote(sourced)).build();
  }

  private RemoteJwks remote(Sourced sourced) {
    JwtRule rule = sourced.rule();
    String uri = rule.jwksUri();
    if (uri.isEmpty()) {
      uri = rule.issuer().replaceAll("/+$", "") + DISCOVERY;
      if (!forAgent) {
        problems.unsupported(
            sourced.policy().source(),
            "spec.jwtRules[" + sourced.index() + "].jwksUri",
            "an Envoy cannot find keys by the issuer's OpenID configuration: it refuses every"
                + " token of the issuer; set jwksUri");
      }
    }
    Duration timeout = rule.timeout() == null ? TIMEOUT : rule.timeout();
    return RemoteJwks.newBuilder()
        .setHttpUri(
            HttpUri.newBuilder()
                .setUri(uri)
                .setCluster(cluster(URI.create(uri)))
                .setTimeout(Protos.duration(timeout)))
        .setCacheDuration(Protos.duration(FRESH))
        .build();
  }

  private String cluster(URI uri) {
    boolean tls = "https".equals(uri.getScheme());
    int port = uri.getPort() > 0 ? uri.getPort() : tls ? 443 : 80;
    String host = String.valueOf(uri.getHost());
    if (view.service(host) != null) {
      return ClusterName.outbound(port, "", host);
    }
    String name = "jwks|" + port + "|" + host;
    if (!forAgent) {
      clusters.computeIfAbsent(name, n -> external(n, host, port, tls));
    }
    return name;
  }

  private Cluster external(String name, String host, int port, boolean tls) {
    Cluster.Builder cluster =
        Cluster.newBuilder()
            .setName(name)
            .setType(Cluster.DiscoveryType.STRICT_DNS)
            .setConnectTimeout(Protos.duration(TIMEOUT))
            .setLoadAssignment(
                ClusterLoadAssignment.newBuilder()
                    .setClusterName(name)
                    .addEndpoints(
                        LocalityLbEndpoints.newBuilder()
                            .addLbEndpoints(
                                LbEndpoint.newBuilder()
                                    .setEndpoint(
                                        Endpoint.newBuilder()
                                            .setAddress(Protos.address(host, port))))));
    if (tls) {
      cluster.setTransportSocket(
          TlsContexts.backend(host, "", List.of(host), List.of(), view.settings()));
    }
    return cluster.build();
  }
}
