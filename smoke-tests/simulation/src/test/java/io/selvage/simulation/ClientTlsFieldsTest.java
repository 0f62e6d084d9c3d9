package io.selvage.simulation;

import static io.selvage.simulation.Bookinfo.CALLER;
import static io.selvage.simulation.Bookinfo.governed;
import static io.selvage.simulation.Bookinfo.held;
import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.model.StringMatch;
import io.selvage.engine.model.UpstreamTls;
import io.selvage.engine.stack.Explanation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code DestinationRule.trafficPolicy.tls}, field by field. */
class ClientTlsFieldsTest {
  @TempDir Path folder;

  private String file(String name) throws IOException {
    return Files.writeString(folder.resolve(name), name + "\n" + TestRoot.pem()).toString();
  }

  private static Explanation explained(String tls) {
    return governed("tls: " + tls).get(CALLER, "reviews", 9080, "/");
  }

  @Test
  @Tag("field=DestinationRule.trafficPolicy.tls.mode")
  void modes() {
    assertThat(explained("{mode: DISABLE}").tls().mode()).isEqualTo("none");
    assertThat(explained("{mode: SIMPLE}").tls().mode()).isEqualTo("tls");
    Explanation mesh = explained("{mode: ISTIO_MUTUAL}");
    assertThat(mesh.tls().mode()).isEqualTo("mesh");
    assertThat(mesh.tls().sans().toString())
        .contains("spiffe://cluster.local/ns/default/sa/reviews");
  }

  @Test
  @Tag("field=DestinationRule.trafficPolicy.tls.sni")
  void serverName() {
    assertThat(held(governed("tls: {mode: SIMPLE, sni: api.example.com}")).tls().sni())
        .isEqualTo("api.example.com");
  }

  @Test
  @Tag("field=DestinationRule.trafficPolicy.tls.subjectAltNames")
  void names() {
    assertThat(
            held(governed("tls: {mode: SIMPLE, subjectAltNames: [a.example.com, 'spiffe://x/y']}"))
                .tls()
                .peers())
        .containsExactly(
            new StringMatch.Exact("a.example.com", false),
            new StringMatch.Exact("spiffe://x/y", false));
  }

  @Test
  @Tag("field=DestinationRule.trafficPolicy.tls.clientCertificate")
  @Tag("field=DestinationRule.trafficPolicy.tls.privateKey")
  @Tag("field=DestinationRule.trafficPolicy.tls.caCertificates")
  void files() throws IOException {
    UpstreamTls tls =
        held(governed(
                "tls: {mode: MUTUAL, clientCertificate: %s, privateKey: %s, caCertificates: %s}"
                    .formatted(file("chain"), file("key"), file("roots"))))
            .tls();
    assertThat(tls.meshIdentity()).isFalse();
    assertThat(tls.certificatePem()).startsWith("chain");
    assertThat(tls.keyPem()).startsWith("key");
    assertThat(tls.caPem()).startsWith("roots");
    assertThat(tls.insecureSkipVerify()).isFalse();
  }

  @Test
  @Tag("field=DestinationRule.trafficPolicy.tls.insecureSkipVerify")
  void unverified() {
    assertThat(
            held(governed("tls: {mode: SIMPLE, insecureSkipVerify: true}"))
                .tls()
                .insecureSkipVerify())
        .isTrue();
    assertThat(held(governed("tls: {mode: SIMPLE}")).tls().insecureSkipVerify()).isFalse();
  }

  @Test
  @Tag("field=DestinationRule.trafficPolicy.tls.caCrl")
  void revokedCertificates() throws IOException {
    UpstreamTls tls =
        held(governed(
                "tls: {mode: SIMPLE, caCertificates: %s, caCrl: %s}"
                    .formatted(file("roots"), file("revoked"))))
            .tls();
    assertThat(tls.crlPem()).startsWith("revoked");
  }

  @Test
  @Tag("field=DestinationRule.trafficPolicy.tls.credentialName")
  void aSecretThatIsNotKeptHereNeverMeansPlaintext() {
    SimulatedMesh mesh = governed("tls: {mode: SIMPLE, credentialName: shop}");
    assertThat(mesh.get(CALLER, "reviews", 9080, "/").tls().mode()).isEqualTo("tls");
    assertThat(held(mesh).tls().peers().toString()).contains("unresolved.invalid");
    assertThat(mesh.problems(CALLER, "DestinationRule", "default/reviews"))
        .anyMatch(p -> p.startsWith("spec.trafficPolicy.tls.credentialName: "));
  }
}
