package io.selvage.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.snapshot.PortMode;
import io.selvage.engine.stack.Explanation;
import org.junit.jupiter.api.Test;

/** PeerAuthentication and AuthorizationPolicy as users write them, decided in the callee. */
class SecuritySimulationTest {
  private static final String PAGE = "spiffe://cluster.local/ns/default/sa/productpage";

  private static SimulatedMesh mesh() {
    return new SimulatedMesh()
        .workload("productpage", "v1", 9080, "http")
        .workload("details", "v1", 9080, "http");
  }

  private static String peerAuthentication(String name, String namespace, String spec) {
    return "{apiVersion: security.istio.io/v1, kind: PeerAuthentication, metadata: {name: "
        + name
        + ", namespace: "
        + namespace
        + "}, spec: "
        + spec
        + "}";
  }

  private static String policy(String name, String spec) {
    return "{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {name: "
        + name
        + "}, spec: "
        + spec
        + "}";
  }

  @Test
  void permissiveByDefault() {
    assertThat(mesh().engineOf("details").portMode(9080)).isEqualTo(PortMode.PERMISSIVE);
    assertThat(mesh().received("details", 9080, null, "GET", "/").rejection()).isNull();
    assertThat(mesh().received("details", 9080, PAGE, "GET", "/").rejection()).isNull();
  }

  @Test
  void nearestPeerAuthenticationWins() {
    String everywhere = peerAuthentication("default", "istio-system", "{mtls: {mode: STRICT}}");
    String namespace = peerAuthentication("default", "default", "{mtls: {mode: DISABLE}}");
    String workload =
        peerAuthentication(
            "details",
            "default",
            "{selector: {matchLabels: {app: details}}, mtls: {mode: STRICT}, portLevelMtls: {9080: {mode: PERMISSIVE}}}");

    assertThat(mesh().with(everywhere).engineOf("details").portMode(9080))
        .isEqualTo(PortMode.STRICT);
    assertThat(mesh().with(everywhere).with(namespace).engineOf("details").portMode(9080))
        .isEqualTo(PortMode.DISABLE);
    assertThat(
            mesh()
                .with(everywhere)
                .with(namespace)
                .with(workload)
                .engineOf("details")
                .portMode(9080))
        .isEqualTo(PortMode.PERMISSIVE);
    assertThat(
            mesh()
                .with(everywhere)
                .with(namespace)
                .with(workload)
                .engineOf("productpage")
                .portMode(9080))
        .isEqualTo(PortMode.DISABLE);
  }

  @Test
  void strictRefusesPlaintextPerRequest() {
    Explanation e =
        mesh()
            .with(peerAuthentication("default", "default", "{mtls: {mode: STRICT}}"))
            .received("details", 9080, null, "GET", "/");

    assertThat(e.rejection()).isNotNull();
    assertThat(e.rejection().httpStatus()).isEqualTo(403);
  }

  @Test
  void probesAndMetricsAreExemptByPortAndPath() {
    String strict =
        """
        apiVersion: security.istio.io/v1
        kind: PeerAuthentication
        metadata:
          name: default
          annotations: {selvage.io/plaintext-paths: "/healthz, 9080:/metrics/*, 1:/other"}
        spec: {mtls: {mode: STRICT}}
        """;
    SimulatedMesh mesh = mesh().with(strict);
    assertThat(mesh.engineOf("details").portMode(9080)).isEqualTo(PortMode.STRICT_BUT_FOR_PATHS);
    for (String path : new String[] {"/healthz", "/healthz?full=1", "/metrics/jvm"}) {
      assertThat(mesh.received("details", 9080, null, "GET", path).rejection()).as(path).isNull();
      assertThat(mesh.received("details", 9080, null, "HEAD", path).rejection()).isNull();
      assertThat(mesh.received("details", 9080, null, "POST", path).rejection()).isNotNull();
    }
    for (String path :
        new String[] {
          "/", "/healthz/x", "/metrics", "/other", "/metrics/../details", "/metrics/%2e%2e/x"
        }) {
      assertThat(mesh.received("details", 9080, null, "GET", path).rejection())
          .as(path)
          .isNotNull();
    }
    assertThat(mesh.received("details", 9080, PAGE, "POST", "/").rejection()).isNull();
    // a deeper policy decides again
    assertThat(
            mesh.with(policy("nothing", "{}"))
                .received("details", 9080, null, "GET", "/healthz")
                .rejection())
        .isNotNull();
  }

  @Test
  void exemptionsThatCannotBeReadLeaveThePortStrict() {
    String strict =
        """
        apiVersion: security.istio.io/v1
        kind: PeerAuthentication
        metadata: {name: default, annotations: {selvage.io/plaintext-paths: "healthz"}}
        spec: {mtls: {mode: PERMISSIVE}}
        """;
    SimulatedMesh mesh = mesh().with(strict);
    assertThat(mesh.engineOf("details").portMode(9080)).isEqualTo(PortMode.STRICT);
    assertThat(mesh.problems("details", "PeerAuthentication", "default/default"))
        .anyMatch(p -> p.contains("selvage.io/plaintext-paths"));
  }

  @Test
  void denyOnPrincipalMethodAndPath() {
    SimulatedMesh mesh =
        mesh()
            .with(
                policy(
                    "deny",
                    "{selector: {matchLabels: {app: details}}, action: DENY, rules: [{from: [{source: {principals: [cluster.local/ns/default/sa/productpage]}}], to: [{operation: {methods: [GET], paths: ['/admin*']}}]}]}"));

    Explanation denied = mesh.received("details", 9080, PAGE, "GET", "/admin/x");
    assertThat(denied.rejection().httpStatus()).isEqualTo(403);
    assertThat(denied.rejection().body()).isEqualTo("RBAC: access denied");
    assertThat(denied.policies().toString()).contains("deny");
    assertThat(mesh.received("details", 9080, PAGE, "POST", "/admin/x").rejection()).isNull();
    assertThat(mesh.received("details", 9080, PAGE, "GET", "/").rejection()).isNull();
    assertThat(
            mesh.received(
                    "details",
                    9080,
                    "spiffe://cluster.local/ns/default/sa/other",
                    "GET",
                    "/admin/x")
                .rejection())
        .isNull();
    assertThat(mesh.received("productpage", 9080, PAGE, "GET", "/admin/x").rejection()).isNull();
  }

  @Test
  void denyMeetsPathsInDisguise() {
    SimulatedMesh mesh =
        mesh()
            .with(
                policy(
                    "deny", "{action: DENY, rules: [{to: [{operation: {paths: ['/admin']}}]}]}"));

    for (String path :
        new String[] {
          "/admin",
          "//admin",
          "/./admin",
          "/x/../admin",
          "/%61dmin",
          "/admin;x=y",
          "/admin?x=1",
          "/admin#f"
        }) {
      assertThat(mesh.received("details", 9080, PAGE, "GET", path).rejection())
          .as(path)
          .isNotNull();
    }
  }

  @Test
  void allowNothingButWhatIsNamed() {
    SimulatedMesh mesh =
        mesh()
            .with(policy("nothing", "{}"))
            .with(
                policy(
                    "some",
                    "{action: ALLOW, rules: [{from: [{source: {namespaces: [default]}}], to: [{operation: {ports: ['9080'], paths: ['/details/*']}}]}]}"));

    assertThat(mesh.received("details", 9080, PAGE, "GET", "/details/0").rejection()).isNull();
    assertThat(mesh.received("details", 9080, PAGE, "GET", "/other").rejection()).isNotNull();
    assertThat(
            mesh.received(
                    "details", 9080, "spiffe://cluster.local/ns/shop/sa/x", "GET", "/details/0")
                .rejection())
        .isNotNull();
    assertThat(mesh.received("details", 9080, null, "GET", "/details/0").rejection()).isNotNull();
  }

  @Test
  void denyComesBeforeAllow() {
    SimulatedMesh mesh =
        mesh()
            .with(policy("allow", "{action: ALLOW, rules: [{}]}"))
            .with(
                policy(
                    "deny", "{action: DENY, rules: [{to: [{operation: {methods: [DELETE]}}]}]}"));

    assertThat(mesh.received("details", 9080, PAGE, "DELETE", "/").rejection()).isNotNull();
    assertThat(mesh.received("details", 9080, PAGE, "GET", "/").rejection()).isNull();
  }
}
