package io.selvage.simulation;

import static io.selvage.simulation.Bookinfo.CALLER;
import static io.selvage.simulation.Bookinfo.destinationRule;
import static io.selvage.simulation.Bookinfo.held;
import static io.selvage.simulation.Bookinfo.mesh;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * GHSA-qm8v-g4f9-qhjx: a TLS policy whose reference to a CA is not resolved must refuse, never fall
 * back to plaintext; and a list of revoked certificates can be taken away again.
 */
class GhsaQm8vG4f9QhjxTest {
  @TempDir Path folder;

  private static SimulatedMesh backend(String reference) {
    return mesh()
        .with(
            """
            apiVersion: gateway.networking.k8s.io/v1
            kind: BackendTLSPolicy
            metadata: {name: reviews}
            spec:
              targetRefs: [{group: "", kind: Service, name: reviews}]
              validation: {hostname: reviews.example, caCertificateRefs: [{group: "", kind: %s, name: absent}]}
            """
                .formatted(reference))
        .with(
            "{apiVersion: v1, kind: Service, metadata: {name: reviews}, spec: {selector: {app: reviews}, ports: [{name: http, port: 9080}]}}");
  }

  @Test
  void anUnresolvedReferenceIsNeverPlaintextNorTheMeshsTls() {
    for (String kind : new String[] {"ConfigMap", "Secret"}) {
      SimulatedMesh mesh = backend(kind);
      assertThat(mesh.get(CALLER, "reviews", 9080, "/").tls().mode()).isEqualTo("tls");
      assertThat(held(mesh).tls().insecureSkipVerify()).isFalse();
      assertThat(held(mesh).tlsByMode()).isEmpty();
      assertThat(held(mesh).tls().peers().toString()).doesNotContain("reviews.example");
    }
  }

  @Test
  void anUnresolvedCredentialIsNeverPlaintext() {
    String rule = "host: reviews\ntrafficPolicy: {tls: {mode: %s, credentialName: absent}}";
    SimulatedMesh simple = mesh().with(destinationRule(rule.formatted("SIMPLE")));
    assertThat(simple.get(CALLER, "reviews", 9080, "/").tls().mode()).isEqualTo("tls");
    assertThat(held(simple).tls().peers().toString()).contains("unresolved.invalid");
    // without a key the whole destination is refused
    SimulatedMesh mutual = mesh().with(destinationRule(rule.formatted("MUTUAL")));
    assertThatThrownBy(() -> mutual.get(CALLER, "reviews", 9080, "/"))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("tls_certificates[0]");
  }

  @Test
  void anUnreadableFileRefusesTheResource() {
    SimulatedMesh mesh =
        mesh()
            .with(
                destinationRule(
                    "host: reviews\ntrafficPolicy: {tls: {mode: SIMPLE, caCertificates: /does/not/exist}}"));
    assertThatThrownBy(() -> mesh.get(CALLER, "reviews", 9080, "/"))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("trusted_ca")
        .hasMessageContaining("cannot be read here");
  }

  @Test
  void aListOfRevokedCertificatesIsSetAndCleared() throws IOException {
    String roots = Files.writeString(folder.resolve("roots"), TestRoot.pem()).toString();
    String list = Files.writeString(folder.resolve("list"), "revoked").toString();
    String rule = "host: reviews\ntrafficPolicy: {tls: {mode: SIMPLE, caCertificates: %s%s}}";
    assertThat(
            held(mesh().with(destinationRule(rule.formatted(roots, ", caCrl: " + list))))
                .tls()
                .crlPem())
        .isEqualTo("revoked");
    assertThat(held(mesh().with(destinationRule(rule.formatted(roots, "")))).tls().crlPem())
        .isNull();
  }
}
