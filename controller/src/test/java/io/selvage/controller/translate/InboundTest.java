package io.selvage.controller.translate;

import static org.assertj.core.api.Assertions.assertThat;

import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.extensions.filters.http.rbac.v3.RBAC;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext;
import io.selvage.controller.registry.WorkloadNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InboundTest {
  private static final WorkloadNode REVIEWS =
      Mesh.node("reviews", "default", "v1", 9080, 19081, "http");

  private static List<String> transports(Mesh mesh, WorkloadNode node, int port) {
    List<String> transports = new ArrayList<>();
    for (FilterChain chain : chains(mesh, node, port)) {
      transports.add(chain.getFilterChainMatch().getTransportProtocol());
    }
    return transports;
  }

  private static List<FilterChain> chains(Mesh mesh, WorkloadNode node, int port) {
    return mesh.by(node).listener("virtualInbound").getFilterChainsList().stream()
        .filter(c -> c.getFilterChainMatch().getDestinationPort().getValue() == port)
        .toList();
  }

  private static HttpConnectionManager manager(FilterChain chain) throws Exception {
    return chain
        .getFilters(chain.getFiltersCount() - 1)
        .getTypedConfig()
        .unpack(HttpConnectionManager.class);
  }

  private static String policy(String name, String namespace, String selector, String modes) {
    return "---\n{apiVersion: security.istio.io/v1, kind: PeerAuthentication, metadata: {name: "
        + name
        + ", namespace: "
        + namespace
        + "}, spec: {"
        + (selector.isEmpty() ? "" : "selector: {matchLabels: {" + selector + "}}, ")
        + modes
        + "}}\n";
  }

  @Test
  void permissiveByDefaultWithIstiosProtocols() throws Exception {
    List<FilterChain> chains = chains(new Mesh(), REVIEWS, 19081);
    assertThat(chains).hasSize(2);
    assertThat(chains.get(0).getFilterChainMatch().getApplicationProtocolsList())
        .containsExactly("istio-http/1.0", "istio-http/1.1", "istio-h2");
    DownstreamTlsContext tls =
        chains.get(0).getTransportSocket().getTypedConfig().unpack(DownstreamTlsContext.class);
    assertThat(tls.getRequireClientCertificate().getValue()).isTrue();
    assertThat(tls.getCommonTlsContext().getAlpnProtocolsList()).containsExactly("h2", "http/1.1");
    assertThat(chains.get(1).hasTransportSocket()).isFalse();
    HttpConnectionManager manager = manager(chains.get(0));
    assertThat(manager.getForwardClientCertDetails())
        .isEqualTo(HttpConnectionManager.ForwardClientCertDetails.SANITIZE_SET);
    assertThat(manager.getRouteConfig().getVirtualHosts(0).getRoutes(0).getRoute().getCluster())
        .isEqualTo("inbound|19081||");
  }

  @ParameterizedTest
  @CsvSource({
    // mesh, namespace, workload, port -> chains
    "-, -, -, -, tls+raw_buffer",
    "STRICT, -, -, -, tls",
    "STRICT, PERMISSIVE, -, -, tls+raw_buffer",
    "STRICT, UNSET, -, -, tls",
    "PERMISSIVE, STRICT, -, -, tls",
    "STRICT, STRICT, DISABLE, -, raw_buffer",
    "STRICT, STRICT, PERMISSIVE, DISABLE, raw_buffer",
    "DISABLE, DISABLE, DISABLE, STRICT, tls",
    "STRICT, -, UNSET, UNSET, tls"
  })
  void portOverWorkloadOverNamespaceOverMesh(
      String mesh, String namespace, String workload, String port, String wanted) {
    Mesh all = new Mesh();
    if (!mesh.equals("-")) {
      all.apply(policy("m", "istio-system", "", "mtls: {mode: " + mesh + "}"));
    }
    if (!namespace.equals("-")) {
      all.apply(policy("n", "default", "", "mtls: {mode: " + namespace + "}"));
    }
    if (!workload.equals("-")) {
      String ports = port.equals("-") ? "" : ", portLevelMtls: {\"19081\": {mode: " + port + "}}";
      all.apply(policy("w", "default", "app: reviews", "mtls: {mode: " + workload + "}" + ports));
    }
    all.apply(policy("other", "prod", "", "mtls: {mode: DISABLE}"));
    all.apply(policy("else", "default", "app: ratings", "mtls: {mode: DISABLE}"));
    assertThat(String.join("+", transports(all, REVIEWS, 19081))).isEqualTo(wanted);
  }

  @Test
  void aPolicyThatCannotBeReadClosesTheDoor() {
    Mesh mesh =
        new Mesh()
            .apply(
                """
                {apiVersion: security.istio.io/v1, kind: PeerAuthentication,
                 metadata: {name: bad, namespace: default}, spec: {mtls: {mode: STRIKT}}}
                ---
                {apiVersion: security.istio.io/v1, kind: AuthorizationPolicy,
                 metadata: {name: worse, namespace: default}, spec: {action: DANY}}
                """);
    assertThat(transports(mesh, REVIEWS, 19081)).containsExactly("tls");
    RBAC rbac = rbac(mesh, REVIEWS).get(0);
    assertThat(rbac.getRules().getPoliciesMap())
        .containsOnlyKeys("ns[default]-policy[worse]-unreadable");
    assertThat(
            rbac.getRules().getPoliciesMap().values().iterator().next().getPrincipals(0).getAny())
        .isTrue();
    WorkloadNode elsewhere = Mesh.node("x", "prod", "", 80, 8080, "http");
    assertThat(rbac(mesh, elsewhere)).isEmpty();
    assertThat(mesh.by(REVIEWS).problems().read()).hasSize(2);
  }

  private static List<RBAC> rbac(Mesh mesh, WorkloadNode node) {
    try {
      List<RBAC> all = new ArrayList<>();
      FilterChain chain = chains(mesh, node, node.ports().get(0).target()).get(0);
      for (HttpFilter filter : manager(chain).getHttpFiltersList()) {
        if (filter.getName().equals("envoy.filters.http.rbac")) {
          all.add(filter.getTypedConfig().unpack(RBAC.class));
        }
      }
      return all;
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void policiesReachTheWorkloadsTheyCover() {
    Mesh mesh =
        new Mesh()
            .apply(
                """
                {apiVersion: security.istio.io/v1, kind: AuthorizationPolicy,
                 metadata: {name: everywhere, namespace: istio-system}, spec: {action: DENY, rules: [{from: [{source: {namespaces: [evil]}}]}]}}
                ---
                {apiVersion: security.istio.io/v1, kind: AuthorizationPolicy,
                 metadata: {name: here, namespace: default}, spec: {rules: [{}]}}
                ---
                {apiVersion: security.istio.io/v1, kind: AuthorizationPolicy,
                 metadata: {name: there, namespace: prod}, spec: {}}
                ---
                {apiVersion: security.istio.io/v1, kind: AuthorizationPolicy,
                 metadata: {name: other, namespace: default}, spec: {selector: {matchLabels: {app: ratings}}}}
                """);
    assertThat(rbac(mesh, REVIEWS))
        .extracting(r -> r.getRules().getPoliciesMap().keySet().iterator().next())
        .containsExactly(
            "ns[istio-system]-policy[everywhere]-rule[0]", "ns[default]-policy[here]-rule[0]");
  }

  @Test
  void httpRulesOnTcpPortsAreNeverMoreOpen() throws Exception {
    WorkloadNode database = Mesh.node("db", "default", "", 5432, 15432, "tcp");
    Mesh mesh =
        new Mesh()
            .apply(
                """
                {apiVersion: security.istio.io/v1, kind: AuthorizationPolicy,
                 metadata: {name: allow, namespace: default}, spec: {rules: [{to: [{operation: {methods: [GET]}}]}]}}
                ---
                {apiVersion: security.istio.io/v1, kind: AuthorizationPolicy,
                 metadata: {name: deny, namespace: default}, spec: {action: DENY, rules: [{to: [{operation: {paths: [/x]}}], from: [{source: {namespaces: [evil]}}]}]}}
                """);
    FilterChain chain = chains(mesh, database, 15432).get(0);
    var deny =
        chain
            .getFilters(0)
            .getTypedConfig()
            .unpack(io.envoyproxy.envoy.extensions.filters.network.rbac.v3.RBAC.class);
    var allow =
        chain
            .getFilters(1)
            .getTypedConfig()
            .unpack(io.envoyproxy.envoy.extensions.filters.network.rbac.v3.RBAC.class);
    Map<String, io.envoyproxy.envoy.config.rbac.v3.Policy> denied =
        deny.getRules().getPoliciesMap();
    assertThat(
            denied.values().iterator().next().getPermissions(0).getAndRules().getRules(0).getAny())
        .isTrue();
    // the only ALLOW rule is void: nothing is allowed
    assertThat(allow.hasRules()).isTrue();
    assertThat(allow.getRules().getPoliciesMap().values())
        .allSatisfy(p -> assertThat(p.getPermissions(0).hasNotRule()).isTrue());
  }

  @Test
  void conditionsOnTokensAskForClaims() {
    Mesh mesh =
        new Mesh()
            .apply(
                """
                {apiVersion: security.istio.io/v1, kind: AuthorizationPolicy,
                 metadata: {name: jwt, namespace: default},
                 spec: {rules: [{from: [{source: {requestPrincipals: ["*"]}}]}]}}
                """);
    var policy = rbac(mesh, REVIEWS).get(0).getRules().getPoliciesMap().values().iterator().next();
    assertThat(policy.getPrincipals(0).getAndIds().getIds(0).getOrIds().getIds(0).toString())
        .contains("envoy.filters.http.jwt_authn", "payload", "iss", "sub");
    assertThat(mesh.by(REVIEWS).problems().read()).isEmpty();
  }

  @Test
  void customIsClosedUntilItIsServed() {
    Mesh mesh =
        new Mesh()
            .apply(
                """
                {apiVersion: security.istio.io/v1, kind: AuthorizationPolicy,
                 metadata: {name: ext, namespace: default},
                 spec: {action: CUSTOM, provider: {name: opa}, rules: [{to: [{operation: {paths: ["/x*"]}}]}]}}
                """);
    RBAC rbac = rbac(mesh, REVIEWS).get(0);
    assertThat(rbac.getRules().getAction())
        .isEqualTo(io.envoyproxy.envoy.config.rbac.v3.RBAC.Action.DENY);
    assertThat(mesh.by(REVIEWS).problems().read().values().toString()).contains("CUSTOM");
  }

  @Test
  void withoutInterceptionPortsAreBound() {
    WorkloadNode envoy =
        new WorkloadNode(
            "sidecar~10.0.0.5~x.default~x",
            "10.0.0.5",
            "x",
            "default",
            "x",
            Map.of("app", "x"),
            "c",
            false,
            false,
            "x",
            "i",
            List.of(new io.selvage.controller.registry.ServicePort(80, 8080, "http", 9090)),
            io.selvage.controller.registry.Locality.UNKNOWN,
            "",
            "",
            "127.0.0.1");
    Mesh mesh = new Mesh().runs(Mesh.node("reviews", "default", "v1", 9080, 19081, "http"));
    Mesh.Seen seen = mesh.by(envoy);
    Listener listener = seen.listener("10.0.0.5_8080");
    assertThat(listener.getAddress().getSocketAddress().getPortValue()).isEqualTo(8080);
    assertThat(seen.listeners()).contains("127.0.0.1_9080").doesNotContain("virtualOutbound");
    assertThat(
            seen.cluster("inbound|8080||")
                .getLoadAssignment()
                .getEndpoints(0)
                .getLbEndpoints(0)
                .getEndpoint()
                .getAddress()
                .getSocketAddress()
                .getPortValue())
        .isEqualTo(9090);
  }

  private static Cluster inbound(String spec) {
    return new Mesh()
        .apply(
            "apiVersion: networking.istio.io/v1\nkind: Sidecar\nmetadata: {name: limits, namespace: default}\nspec:\n"
                + spec.indent(2))
        .by(REVIEWS)
        .cluster("inbound|19081||");
  }

  @Test
  @Tag("field=Sidecar.inboundConnectionPool.tcp")
  @Tag("field=Sidecar.inboundConnectionPool.http")
  @Tag("field=Sidecar.ingress.port")
  @Tag("field=Sidecar.ingress.connectionPool")
  void aSidecarLimitsWhatAnEnvoyLetsIn() {
    String all =
        "inboundConnectionPool: {tcp: {maxConnections: 5}, http: {http2MaxRequests: 6, idleTimeout: 7s}}\n";
    Cluster limited = inbound(all);
    assertThat(limited.getCircuitBreakers().getThresholds(0).getMaxConnections().getValue())
        .isEqualTo(5);
    assertThat(limited.getCircuitBreakers().getThresholds(0).getMaxRequests().getValue())
        .isEqualTo(6);
    String port =
        "ingress: [{port: {number: %d, protocol: HTTP, name: http}, connectionPool: {tcp: {maxConnections: 3}}}]\n";
    assertThat(
            inbound(all + port.formatted(19081))
                .getCircuitBreakers()
                .getThresholds(0)
                .getMaxConnections()
                .getValue())
        .isEqualTo(3);
    assertThat(
            inbound(all + port.formatted(19082))
                .getCircuitBreakers()
                .getThresholds(0)
                .getMaxConnections()
                .getValue())
        .isEqualTo(5);
  }
}
