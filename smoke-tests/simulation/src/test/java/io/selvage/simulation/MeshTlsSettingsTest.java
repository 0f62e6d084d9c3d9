package io.selvage.simulation;

import static io.selvage.simulation.Bookinfo.CALLER;
import static io.selvage.simulation.Bookinfo.HOST;
import static io.selvage.simulation.Bookinfo.destinationRule;
import static io.selvage.simulation.Bookinfo.held;
import static io.selvage.simulation.Bookinfo.mesh;
import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.model.FilterChain;
import io.selvage.engine.model.TlsSettings;
import io.selvage.engine.model.TlsSettings.Version;
import io.selvage.engine.snapshot.PortMode;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What MeshConfig says of TLS, as agents come to hold it. */
class MeshTlsSettingsTest {
  private static String meshConfig(String yaml) {
    return "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio, namespace: istio-system}\n"
        + "data:\n  mesh: |\n"
        + yaml.indent(4);
  }

  private static TlsSettings outside(SimulatedMesh mesh) {
    return held(mesh.with(destinationRule("host: reviews\ntrafficPolicy: {tls: {mode: SIMPLE}}")))
        .tls()
        .settings();
  }

  private static TlsSettings inbound(SimulatedMesh mesh) {
    FilterChain chain =
        mesh.configOf("reviews").inbound().chains().stream()
            .filter(c -> c.tls() != null)
            .findFirst()
            .orElseThrow();
    return chain.tls().settings();
  }

  @Test
  void inTheMeshTls13AloneAndOutsideAlso12() {
    assertThat(held(mesh()).tlsByMode().get("istio").settings()).isEqualTo(TlsSettings.MODERN);
    assertThat(inbound(mesh())).isEqualTo(TlsSettings.MODERN);
    assertThat(outside(mesh())).isEqualTo(TlsSettings.COMPATIBLE);
  }

  @Test
  @Tag("field=MeshConfig.meshMTLS.minProtocolVersion")
  @Tag("field=MeshConfig.meshMTLS.ecdhCurves")
  @Tag("field=MeshConfig.meshMTLS.cipherSuites")
  void theMeshsOwnTls() {
    SimulatedMesh mesh =
        mesh()
            .with(
                meshConfig(
                    "meshMTLS: {minProtocolVersion: TLSV1_2, ecdhCurves: [X25519MLKEM768, P-256], cipherSuites: [ECDHE-ECDSA-AES256-GCM-SHA384]}"));
    TlsSettings expected =
        new TlsSettings(
            Version.TLS_1_2,
            Version.TLS_1_3,
            List.of("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"),
            List.of("X25519MLKEM768", "secp256r1"));
    assertThat(held(mesh).tlsByMode().get("istio").settings()).isEqualTo(expected);
    assertThat(inbound(mesh)).isEqualTo(expected);
    assertThat(outside(mesh)).isEqualTo(TlsSettings.COMPATIBLE);
  }

  @Test
  @Tag("field=MeshConfig.tlsDefaults.minProtocolVersion")
  @Tag("field=MeshConfig.tlsDefaults.ecdhCurves")
  @Tag("field=MeshConfig.tlsDefaults.cipherSuites")
  void everybodyElsesTls() {
    SimulatedMesh mesh =
        mesh()
            .with(
                meshConfig(
                    "tlsDefaults: {minProtocolVersion: TLSV1_3, ecdhCurves: [P-384], cipherSuites: [ECDHE-RSA-AES128-GCM-SHA256]}"));
    assertThat(outside(mesh))
        .isEqualTo(
            new TlsSettings(
                Version.TLS_1_3,
                Version.TLS_1_3,
                List.of("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
                List.of("secp384r1")));
    assertThat(inbound(mesh)).isEqualTo(TlsSettings.MODERN);
  }

  @Test
  void whatCannotBeReadChangesNothingAndIsSaid() {
    SimulatedMesh mesh =
        mesh().with(meshConfig("meshMTLS: {minProtocolVersion: TLSV1_2, ecdhCurves: [P-12]}"));
    assertThat(inbound(mesh)).isEqualTo(TlsSettings.MODERN);
    assertThat(mesh.problems(CALLER, "ConfigMap", "istio-system/istio"))
        .anyMatch(p -> p.startsWith("data.mesh.meshMTLS.ecdhCurves[0]: "));
    SimulatedMesh alone = mesh().with(meshConfig("meshMTLS: {ecdhCurves: [X25519MLKEM768]}"));
    assertThat(inbound(alone).groups()).isEmpty();
    assertThat(alone.problems(CALLER, "ConfigMap", "istio-system/istio"))
        .anyMatch(p -> p.contains("needs another curve beside it"));
    SimulatedMesh other = mesh().with(meshConfig("ingressClass: x"));
    assertThat(other.problems(CALLER, "ConfigMap", "istio-system/istio"))
        .anyMatch(p -> p.startsWith("data.mesh.ingressClass: "));
  }

  @Test
  @Tag("field=MeshConfig.enableAutoMtls")
  void withoutAutomaticTlsOnlyARuleBringsIt() {
    SimulatedMesh off = mesh().with(meshConfig("enableAutoMtls: false"));
    assertThat(off.get(CALLER, "reviews", 9080, "/").tls().mode()).isEqualTo("none");
    off.with(destinationRule("host: reviews\ntrafficPolicy: {tls: {mode: ISTIO_MUTUAL}}"));
    assertThat(off.get(CALLER, "reviews", 9080, "/").tls().mode()).isEqualTo("mesh");
  }

  /** A port that PeerAuthentication keeps out of the mesh is known to lack its TLS. */
  @Test
  void automaticTlsLeavesOutEndpointsThatAreKnownToLackIt() {
    String disable =
        "{apiVersion: security.istio.io/v1, kind: PeerAuthentication, metadata: {name: off}, spec: {selector: {matchLabels: {app: reviews, version: v2}}, mtls: {mode: DISABLE}}}";
    var groups = mesh().with(disable).configOf(CALLER).endpoints().get("outbound|9080||" + HOST);
    assertThat(groups.groups().stream().flatMap(g -> g.endpoints().stream()).map(e -> e.tlsMode()))
        .containsExactlyInAnyOrder("istio", "", "istio");
    assertThat(mesh().with(disable).engineOf("reviews").portMode(9080))
        .isEqualTo(PortMode.PERMISSIVE);
  }
}
