package io.selvage.controller.translate;

import static org.assertj.core.api.Assertions.assertThat;

import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.HealthStatus;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext;
import io.selvage.controller.registry.WorkloadNode;
import java.util.List;
import org.junit.jupiter.api.Test;

class ClustersTest {
  private static final String HOST = "reviews.default.svc.cluster.local";
  private static final WorkloadNode CALLER = Mesh.node("web", "default", "v1", 0, 0, "http");

  private static Mesh mesh() {
    return new Mesh()
        .runs(Mesh.node("reviews", "default", "v1", 9080, 19081, "http"))
        .runs(Mesh.node("reviews", "default", "v2", 9080, 19082, "http"));
  }

  private static Mesh rule(String policy) {
    return mesh()
        .apply(
            """
            apiVersion: networking.istio.io/v1
            kind: DestinationRule
            metadata: {name: reviews, namespace: default}
            spec:
              host: reviews
              subsets:
              - {name: v1, labels: {version: v1}}
              - {name: v2, labels: {version: v2}, trafficPolicy: {loadBalancer: {simple: RANDOM}}}
              trafficPolicy:
            """
                + policy.indent(4));
  }

  private static UpstreamTlsContext tls(Cluster cluster) throws Exception {
    return cluster
        .getTransportSocketMatches(0)
        .getTransportSocket()
        .getTypedConfig()
        .unpack(UpstreamTlsContext.class);
  }

  private static List<Integer> ports(ClusterLoadAssignment assignment) {
    return assignment.getEndpointsList().stream()
        .flatMap(l -> l.getLbEndpointsList().stream())
        .map(e -> e.getEndpoint().getAddress().getSocketAddress().getPortValue())
        .toList();
  }

  @Test
  void automaticMutualTlsNamesTheWorkloads() throws Exception {
    Cluster cluster = mesh().by(CALLER).cluster("outbound|9080||" + HOST);
    assertThat(cluster.getType()).isEqualTo(Cluster.DiscoveryType.EDS);
    assertThat(cluster.getTransportSocketMatches(0).getName()).isEqualTo("tlsMode-istio");
    UpstreamTlsContext tls = tls(cluster);
    assertThat(tls.getSni()).isEqualTo("outbound_.9080_._." + HOST);
    var common = tls.getCommonTlsContext();
    assertThat(common.getAlpnProtocolsList()).startsWith("istio-http/1.1");
    assertThat(common.getTlsCertificateSdsSecretConfigs(0).getName()).isEqualTo("default");
    assertThat(common.getTlsCertificateSdsSecretConfigs(0).hasSdsConfig()).isFalse();
    assertThat(
            common
                .getCombinedValidationContext()
                .getDefaultValidationContext()
                .getMatchTypedSubjectAltNames(0)
                .getMatcher()
                .getExact())
        .isEqualTo("spiffe://cluster.local/ns/default/sa/reviews");
  }

  @Test
  void subsetsSelectByLabels() {
    Mesh.Seen seen = rule("connectionPool: {tcp: {maxConnections: 7}}").by(CALLER);
    assertThat(ports(seen.endpoints("outbound|9080||" + HOST))).containsExactly(19081, 19082);
    assertThat(ports(seen.endpoints("outbound|9080|v2|" + HOST))).containsExactly(19082);
    Cluster v2 = seen.cluster("outbound|9080|v2|" + HOST);
    assertThat(v2.getLbPolicy()).isEqualTo(Cluster.LbPolicy.RANDOM);
    assertThat(v2.getCircuitBreakers().getThresholds(0).getMaxConnections().getValue())
        .isEqualTo(7);
    assertThat(seen.cluster("outbound|9080|v1|" + HOST).getLbPolicy())
        .isEqualTo(Cluster.LbPolicy.LEAST_REQUEST);
  }

  @Test
  void portSettingsReplaceThoseOfTheDestination() {
    Cluster cluster =
        rule("""
                loadBalancer: {simple: ROUND_ROBIN}
                outlierDetection: {consecutive5xxErrors: 3}
                portLevelSettings: [{port: {number: 9080}, loadBalancer: {simple: RANDOM}}]
                """)
            .by(CALLER)
            .cluster("outbound|9080||" + HOST);
    assertThat(cluster.getLbPolicy()).isEqualTo(Cluster.LbPolicy.RANDOM);
    assertThat(cluster.hasOutlierDetection()).isFalse();
  }

  @Test
  void outlierDetectionEnforcesWhatWasAskedFor() {
    Cluster cluster =
        rule("outlierDetection: {consecutive5xxErrors: 0, consecutiveGatewayErrors: 2, interval: 1s, baseEjectionTime: 3s, maxEjectionPercent: 100}")
            .by(CALLER)
            .cluster("outbound|9080||" + HOST);
    var outlier = cluster.getOutlierDetection();
    assertThat(outlier.getEnforcingConsecutive5Xx().getValue()).isZero();
    assertThat(outlier.getConsecutiveGatewayFailure().getValue()).isEqualTo(2);
    assertThat(outlier.getEnforcingConsecutiveGatewayFailure().getValue()).isEqualTo(100);
    assertThat(outlier.getEnforcingSuccessRate().getValue()).isZero();
    assertThat(outlier.getMaxEjectionPercent().getValue()).isEqualTo(100);
    assertThat(cluster.getCommonLbConfig().getHealthyPanicThreshold().getValue()).isZero();
  }

  @Test
  void disabledTlsIsPlain() {
    Cluster cluster = rule("tls: {mode: DISABLE}").by(CALLER).cluster("outbound|9080||" + HOST);
    assertThat(cluster.getTransportSocketMatchesList()).isEmpty();
    assertThat(cluster.hasTransportSocket()).isFalse();
  }

  @Test
  void aCredentialThatIsNotReadNeverMeansPlaintext() {
    Mesh.Seen seen = rule("tls: {mode: SIMPLE, credentialName: secret}").by(CALLER);
    Cluster cluster = seen.cluster("outbound|9080||" + HOST);
    assertThat(cluster.getTransportSocket().getName()).isEqualTo("envoy.transport_sockets.tls");
    assertThat(seen.problems().read()).isNotEmpty();
  }

  @Test
  void theCallersNamespaceWinsOverTheServices() {
    Mesh mesh =
        mesh()
            .apply(
                """
                apiVersion: networking.istio.io/v1
                kind: DestinationRule
                metadata: {name: theirs, namespace: default}
                spec: {host: reviews, trafficPolicy: {loadBalancer: {simple: RANDOM}}}
                ---
                apiVersion: networking.istio.io/v1
                kind: DestinationRule
                metadata: {name: mine, namespace: prod}
                spec: {host: reviews.default.svc.cluster.local, trafficPolicy: {loadBalancer: {simple: ROUND_ROBIN}}}
                """);
    WorkloadNode inProd = Mesh.node("web", "prod", "", 0, 0, "http");
    assertThat(mesh.by(inProd).cluster("outbound|9080||" + HOST).getLbPolicy())
        .isEqualTo(Cluster.LbPolicy.ROUND_ROBIN);
    assertThat(mesh.by(CALLER).cluster("outbound|9080||" + HOST).getLbPolicy())
        .isEqualTo(Cluster.LbPolicy.RANDOM);
  }

  @Test
  void aDrainingWorkloadIsUnhealthyAndCarriesItsName() {
    ClusterLoadAssignment assignment =
        new Mesh()
            .drains(Mesh.node("reviews", "default", "v1", 9080, 19081, "http"))
            .by(CALLER)
            .endpoints("outbound|9080||" + HOST);
    var endpoint = assignment.getEndpoints(0).getLbEndpoints(0);
    assertThat(endpoint.getHealthStatus()).isEqualTo(HealthStatus.UNHEALTHY);
    assertThat(
            endpoint
                .getMetadata()
                .getFilterMetadataOrThrow("istio")
                .getFieldsOrThrow("workload")
                .getStringValue())
        .isEqualTo("reviews;default;reviews;v1;Kubernetes");
    assertThat(
            endpoint
                .getMetadata()
                .getFilterMetadataOrThrow("envoy.transport_socket_match")
                .getFieldsOrThrow("tlsMode")
                .getStringValue())
        .isEqualTo("istio");
  }

  @Test
  void failoverGoesFromNearToFarWhereOutlierDetectionIsOn() {
    Mesh mesh =
        new Mesh()
            .runs(Mesh.at(Mesh.node("reviews", "default", "v1", 9080, 1001, "http"), "eu/a/1"))
            .runs(Mesh.at(Mesh.node("reviews", "default", "v1", 9080, 1002, "http"), "eu/a/2"))
            .runs(Mesh.at(Mesh.node("reviews", "default", "v1", 9080, 1003, "http"), "eu/b/1"))
            .runs(Mesh.at(Mesh.node("reviews", "default", "v1", 9080, 1004, "http"), "us/x/1"))
            .runs(Mesh.at(Mesh.node("reviews", "default", "v1", 9080, 1005, "http"), "asia/y/1"));
    WorkloadNode here = Mesh.at(CALLER, "eu/a/1");
    assertThat(priorities(mesh.by(here))).containsOnly(0);
    mesh.apply(
        """
        apiVersion: networking.istio.io/v1
        kind: DestinationRule
        metadata: {name: reviews, namespace: default}
        spec:
          host: reviews
          trafficPolicy:
            outlierDetection: {consecutive5xxErrors: 1}
            loadBalancer: {localityLbSetting: {failover: [{from: eu, to: us}]}}
        """);
    Mesh.Seen seen = mesh.by(here);
    assertThat(ports(seen.endpoints("outbound|9080||" + HOST)))
        .containsExactly(1001, 1002, 1003, 1004, 1005);
    assertThat(priorities(seen)).containsExactly(0, 1, 2, 3, 4);
    assertThat(priorities(mesh.by(Mesh.at(CALLER, "us/x/9")))).containsExactly(0, 1, 1, 1, 1);
  }

  private static List<Integer> priorities(Mesh.Seen seen) {
    return seen.endpoints("outbound|9080||" + HOST).getEndpointsList().stream()
        .map(LocalityLbEndpoints::getPriority)
        .toList();
  }

  @Test
  void distributionSharesByPercent() {
    Mesh mesh =
        new Mesh()
            .runs(Mesh.at(Mesh.node("reviews", "default", "v1", 9080, 1001, "http"), "eu/a/1"))
            .runs(Mesh.at(Mesh.node("reviews", "default", "v1", 9080, 1002, "http"), "eu/b/1"))
            .runs(Mesh.at(Mesh.node("reviews", "default", "v1", 9080, 1003, "http"), "us/x/1"))
            .apply(
                """
                apiVersion: networking.istio.io/v1
                kind: DestinationRule
                metadata: {name: reviews, namespace: default}
                spec:
                  host: reviews
                  trafficPolicy:
                    loadBalancer:
                      localityLbSetting:
                        distribute: [{from: eu/a/*, to: {"eu/a/*": 80, "eu/b/*": 20}}]
                """);
    ClusterLoadAssignment assignment =
        mesh.by(Mesh.at(CALLER, "eu/a/7")).endpoints("outbound|9080||" + HOST);
    assertThat(assignment.getEndpointsList())
        .extracting(l -> l.getLoadBalancingWeight().getValue())
        .containsExactly(80, 20);
    assertThat(ports(assignment)).containsExactly(1001, 1002);
  }

  @Test
  void aServiceWithSelectorTakesWorkloadsByLabelAndTheirOwnTargetPort() {
    Mesh mesh =
        mesh()
            .apply(
                """
                apiVersion: v1
                kind: Service
                metadata: {name: all, namespace: default}
                spec:
                  selector: {app: reviews}
                  ports: [{name: http, port: 9080}, {name: tcp-db, port: 5432}]
                ---
                apiVersion: networking.istio.io/v1
                kind: WorkloadEntry
                metadata: {name: vm, namespace: default}
                spec: {address: 10.0.0.9, labels: {app: reviews}, ports: {http: 8000}}
                """);
    Mesh.Seen seen = mesh.by(CALLER);
    assertThat(ports(seen.endpoints("outbound|9080||all.default.svc.cluster.local")))
        .containsExactlyInAnyOrder(19081, 19082, 8000);
    assertThat(ports(seen.endpoints("outbound|5432||all.default.svc.cluster.local")))
        .containsExactly(5432);
    assertThat(seen.listeners()).anyMatch(name -> name.matches("240\\.240\\.0\\.\\d+_5432"));
  }
}
