package io.selvage.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.Peer;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.flow.Wait;
import io.selvage.engine.stack.Engine;
import io.selvage.engine.stack.Explanation;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Sidecar as users write it: what the caller sees of the mesh. */
class SidecarSimulationTest {
  private static final String DETAILS = "outbound|9080||details.default.svc.cluster.local";
  private static final String STOCK = "outbound|9080||stock.shop.svc.cluster.local";

  private static SimulatedMesh mesh() {
    return new SimulatedMesh()
        .workload("productpage", "v1", 9080, "http")
        .workload("ratings", "v1", 9080, "http")
        .workload("details", "v1", 9080, "http")
        .workload("shop", "stock", "v1", 9080, "http", "")
        .workload("shop", "price", "v1", 9080, "http", "");
  }

  private static String sidecar(String spec) {
    return """
        apiVersion: networking.istio.io/v1
        kind: Sidecar
        metadata: {name: narrow}
        spec:
        """
        + spec.indent(2);
  }

  private static String reached(SimulatedMesh mesh, String caller, String host) {
    return mesh.get(caller, host, 9080, "/").cluster();
  }

  @Test
  void withoutOneEverythingIsSeen() {
    assertThat(reached(mesh(), "productpage", "details")).isEqualTo(DETAILS);
    assertThat(reached(mesh(), "productpage", "stock.shop")).isEqualTo(STOCK);
  }

  @Test
  @Tag("field=Sidecar.egress.hosts")
  void ownNamespaceAndOneHostOfAnother() {
    SimulatedMesh mesh =
        mesh().with(sidecar("egress: [{hosts: ['./*', 'shop/stock.shop.svc.cluster.local']}]"));

    assertThat(reached(mesh, "productpage", "details")).isEqualTo(DETAILS);
    assertThat(reached(mesh, "productpage", "stock.shop")).isEqualTo(STOCK);
    assertThat(reached(mesh, "productpage", "price.shop")).isEqualTo("PassthroughCluster");
  }

  @Test
  @Tag("field=Sidecar.egress.hosts")
  void anyNamespaceNoneAndSuffixes() {
    assertThat(
            reached(mesh().with(sidecar("egress: [{hosts: ['~/*']}]")), "productpage", "details"))
        .isNotEqualTo(DETAILS);
    SimulatedMesh suffix =
        mesh().with(sidecar("egress: [{hosts: ['*/*.shop.svc.cluster.local']}]"));
    assertThat(reached(suffix, "productpage", "stock.shop")).isEqualTo(STOCK);
    assertThat(reached(suffix, "productpage", "details")).isNotEqualTo(DETAILS);
  }

  @Test
  @Tag("field=Sidecar.egress.hosts")
  void destinationsOfImportedRoutesComeWithThem() {
    SimulatedMesh mesh =
        mesh()
            .with(sidecar("egress: [{hosts: ['./*']}]"))
            .with(
                """
                apiVersion: networking.istio.io/v1
                kind: VirtualService
                metadata: {name: details}
                spec:
                  hosts: [details]
                  http: [{route: [{destination: {host: stock.shop.svc.cluster.local}}]}]
                """);

    Explanation e = mesh.get("productpage", "details", 9080, "/");
    assertThat(e.cluster()).isEqualTo(STOCK);
    assertThat(e.endpoints()).hasSize(1);
    assertThat(reached(mesh, "productpage", "price.shop")).isEqualTo("PassthroughCluster");
  }

  @Test
  @Tag("field=Sidecar.workloadSelector.labels")
  void onlyForTheWorkloadsThatItSelects() {
    SimulatedMesh mesh =
        mesh()
            .with(
                sidecar("workloadSelector: {labels: {app: ratings}}\negress: [{hosts: ['./*']}]"));

    assertThat(reached(mesh, "ratings", "stock.shop")).isEqualTo("PassthroughCluster");
    assertThat(reached(mesh, "productpage", "stock.shop")).isEqualTo(STOCK);
  }

  @Test
  @Tag("field=Sidecar.workloadSelector.labels")
  void theOneThatSelectsBeatsTheNamespacesAndThatTheRoots() {
    String root =
        sidecar("egress: [{hosts: ['~/*']}]")
            .replace("name: narrow", "name: all, namespace: istio-system");
    String namespace = sidecar("egress: [{hosts: ['./*']}]").replace("narrow", "namespace");
    String one =
        sidecar("workloadSelector: {labels: {app: ratings}}\negress: [{hosts: ['shop/*']}]");

    assertThat(reached(mesh().with(root), "productpage", "details")).isNotEqualTo(DETAILS);
    assertThat(reached(mesh().with(root).with(namespace), "productpage", "details"))
        .isEqualTo(DETAILS);
    SimulatedMesh all = mesh().with(root).with(namespace).with(one);
    assertThat(reached(all, "ratings", "stock.shop")).isEqualTo(STOCK);
    assertThat(reached(all, "ratings", "details")).isNotEqualTo(DETAILS);
  }

  @Test
  @Tag("field=Sidecar.outboundTrafficPolicy.mode")
  void registryOnlyRefusesWhatIsNotSeen() {
    SimulatedMesh mesh =
        mesh()
            .with(
                sidecar(
                    "egress: [{hosts: ['./*']}]\noutboundTrafficPolicy: {mode: REGISTRY_ONLY}"));

    assertThat(mesh.get("productpage", "price.shop", 9080, "/").rejection().httpStatus())
        .isEqualTo(502);
    assertThat(mesh.get("productpage", "example.com", 4711, "/").rejection()).isNotNull();
    assertThat(mesh.get("productpage", "details", 9080, "/").rejection()).isNull();
    SimulatedMesh open = mesh().with(sidecar("outboundTrafficPolicy: {mode: ALLOW_ANY}"));
    assertThat(open.get("productpage", "example.com", 4711, "/").rejection()).isNull();
  }

  @Test
  @Tag("field=Sidecar.outboundTrafficPolicy.egressProxy")
  void unknownHostsGoToTheProxy() {
    Explanation e =
        mesh()
            .with(
                sidecar(
                    "outboundTrafficPolicy: {mode: ALLOW_ANY, egressProxy: {host: stock.shop.svc.cluster.local, port: {number: 9080}}}"))
            .get("productpage", "www.example.com", 9080, "/");

    assertThat(e.cluster()).isEqualTo(STOCK);
    assertThat(e.endpoints()).hasSize(1);
  }

  @Test
  @Tag("field=Sidecar.egress.port")
  @Tag("field=Sidecar.egress.bind")
  @Tag("field=Sidecar.egress.captureMode")
  @Tag("field=Sidecar.ingress.bind")
  @Tag("field=Sidecar.ingress.captureMode")
  @Tag("field=Sidecar.ingress.defaultEndpoint")
  @Tag("field=Sidecar.ingress.tls")
  void whatHasNoEffectIsNamed() {
    SimulatedMesh mesh =
        mesh()
            .with(
                sidecar(
                    """
                    egress: [{hosts: ['./*'], port: {number: 9080, protocol: HTTP, name: http}, bind: 127.0.0.1, captureMode: NONE}]
                    ingress: [{port: {number: 9080, protocol: HTTP, name: http}, bind: 127.0.0.1, captureMode: NONE, defaultEndpoint: 127.0.0.1:8080, connectionPool: {tcp: {idleTimeout: 1s}}, tls: {mode: SIMPLE, serverCertificate: a, privateKey: b}}]
                    inboundConnectionPool: {tcp: {maxConnections: 1, connectTimeout: 1s}, http: {maxRetries: 2}}
                    """));

    assertThat(mesh.problems("productpage", "Sidecar", "default/narrow"))
        .extracting(p -> p.replaceFirst(":.*", ""))
        .containsExactlyInAnyOrder(
            "spec.inboundConnectionPool.http.maxRetries",
            "spec.inboundConnectionPool.tcp.connectTimeout",
            "spec.egress[0].bind",
            "spec.egress[0].captureMode",
            "spec.egress[0].port",
            "spec.ingress[0].bind",
            "spec.ingress[0].captureMode",
            "spec.ingress[0].connectionPool.tcp.idleTimeout",
            "spec.ingress[0].defaultEndpoint",
            "spec.ingress[0].tls");
  }

  /** How many of ten requests at once are served, and how many of the others wait. */
  private static List<Integer> servedAndWaiting(String spec, String protocol) {
    SimulatedMesh mesh = new SimulatedMesh().workload("ratings", "v1", 9080, protocol);
    Engine engine = (spec.isEmpty() ? mesh : mesh.with(sidecar(spec))).engineOf("ratings");
    Peer peer = new Peer("10.9.9.9", 40000, "10.0.0.1", 9080, false, null, null, null);
    int served = 0;
    int waiting = 0;
    for (int i = 0; i < 10; i++) {
      Action action = engine.inbound(new Line("GET", "ratings:9080", "/"), peer).begin();
      served += action instanceof Attempt ? 1 : 0;
      waiting += action instanceof Wait ? 1 : 0;
      if (action instanceof Rejection refused) {
        assertThat(refused.flag()).isEqualTo("UO");
        assertThat(refused.httpStatus()).isEqualTo(503);
      }
    }
    return List.of(served, waiting);
  }

  @Test
  @Tag("field=Sidecar.inboundConnectionPool.tcp")
  @Tag("field=Sidecar.inboundConnectionPool.http")
  void whatTheApplicationServesAtOnceIsBounded() {
    assertThat(servedAndWaiting("", "http")).containsExactly(10, 0);
    String pool = "inboundConnectionPool: ";
    assertThat(servedAndWaiting(pool + "{tcp: {maxConnections: 3}}", "http")).containsExactly(3, 7);
    String pending = "{tcp: {maxConnections: 3}, http: {http1MaxPendingRequests: 2}}";
    assertThat(servedAndWaiting(pool + pending, "http")).containsExactly(3, 2);
    String requests = "{http: {http2MaxRequests: 4}}";
    assertThat(servedAndWaiting(pool + requests, "http")).containsExactly(4, 0);
    assertThat(servedAndWaiting(pool + requests, "http2")).containsExactly(4, 0);
    assertThat(servedAndWaiting(pool + "{tcp: {maxConnections: 3}}", "http2"))
        .as("one connection carries them all")
        .containsExactly(10, 0);
  }

  @Test
  @Tag("field=Sidecar.ingress.connectionPool")
  @Tag("field=Sidecar.ingress.port")
  void thePoolOfAPortComesBeforeThatOfAll() {
    String both =
        "inboundConnectionPool: {http: {http2MaxRequests: 4}}\n"
            + "ingress: [{port: {number: %d, protocol: HTTP, name: http}, connectionPool: {http: {http2MaxRequests: 2}}}]";
    assertThat(servedAndWaiting(both.formatted(9080), "http")).containsExactly(2, 0);
    assertThat(servedAndWaiting(both.formatted(9081), "http")).containsExactly(4, 0);
  }
}
