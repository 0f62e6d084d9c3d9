package io.selvage.simulation;

import static io.selvage.simulation.GatewayApiMesh.cluster;
import static io.selvage.simulation.GatewayApiMesh.echo;
import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.model.UpstreamTls;
import io.selvage.engine.stack.Explanation;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** TLS that BackendTLSPolicies ask for, as the agent reads it. */
class BackendTlsPolicyTest {
  private static final String PEM = TestRoot.pem();
  private static final String ROOTS =
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: roots}\ndata:\n  ca.crt: |\n"
          + PEM.indent(4);

  private static String policy(String targets, String rest) {
    return """
        apiVersion: gateway.networking.k8s.io/v1
        kind: BackendTLSPolicy
        metadata: {name: tls}
        spec:
          targetRefs: [%s]
          %s
        """
        .formatted(targets, rest);
  }

  private static String echoPolicy(String validation) {
    return policy(
        "{group: '', kind: Service, name: echo}",
        "validation: {hostname: echo.example.org, " + validation + "}");
  }

  private static final String SYSTEM = "wellKnownCACertificates: System";
  private static final String FROM_MAP =
      "caCertificateRefs: [{group: '', kind: ConfigMap, name: roots}]";

  private static UpstreamTls tls(SimulatedMesh mesh, int port) {
    return mesh.configOf("client").clusters().get(cluster("echo", port)).tls();
  }

  @Test
  @Tag("field=BackendTLSPolicy.validation.hostname")
  @Tag("field=BackendTLSPolicy.validation.wellKnownCACertificates")
  void theHostnameIsAskedForAndVerifiedByThePlatformsRoots() {
    SimulatedMesh mesh = echo().with(echoPolicy(SYSTEM));

    Explanation e = mesh.get("client", "echo", 80, "/");
    assertThat(e.tls().mode()).isEqualTo("tls");
    assertThat(e.tls().sni()).isEqualTo("echo.example.org");
    assertThat(e.tls().sans()).containsExactly("echo.example.org");
    assertThat(tls(mesh, 80).caPem()).as("null stands for the platform's").isNull();
    assertThat(tls(mesh, 80).insecureSkipVerify()).isFalse();
  }

  @Test
  @Tag("field=BackendTLSPolicy.validation.caCertificateRefs")
  void certificatesComeFromAConfigMap() {
    SimulatedMesh mesh = echo().with(ROOTS).with(echoPolicy(FROM_MAP));

    assertThat(tls(mesh, 80).caPem().replaceAll("\\s", "")).isEqualTo(PEM.replaceAll("\\s", ""));
    assertThat(tls(mesh, 80).insecureSkipVerify()).isFalse();
  }

  @Test
  @Tag("field=BackendTLSPolicy.validation.caCertificateRefs")
  void withoutItsCertificatesNoServerIsGoodEnough() {
    SimulatedMesh mesh = echo().with(echoPolicy(FROM_MAP));

    Explanation e = mesh.get("client", "echo", 80, "/");
    assertThat(e.tls().mode()).as("never plaintext, never the mesh's own").isEqualTo("tls");
    assertThat(e.tls().sans()).containsExactly("unresolved.invalid");
    assertThat(tls(mesh, 80).insecureSkipVerify()).isFalse();
  }

  @Test
  @Tag("field=BackendTLSPolicy.validation.subjectAltNames")
  void otherNamesReplaceTheHostnameInTheCertificate() {
    SimulatedMesh mesh =
        echo()
            .with(
                echoPolicy(
                    SYSTEM
                        + ", subjectAltNames: [{type: Hostname, hostname: inner.example.org},"
                        + " {type: URI, uri: 'spiffe://x/y'}]"));

    Explanation e = mesh.get("client", "echo", 80, "/");
    assertThat(e.tls().sni()).isEqualTo("echo.example.org");
    assertThat(e.tls().sans()).containsExactly("inner.example.org", "spiffe://x/y");
  }

  @Test
  @Tag("field=BackendTLSPolicy.targetRefs")
  void aPolicyIsForOneServiceAndMayBeForOnePort() {
    String port =
        policy(
                "{group: '', kind: Service, name: echo, sectionName: http-alt}",
                "validation: {hostname: alt.example.org, " + SYSTEM + "}")
            .replace("name: tls", "name: port");
    SimulatedMesh one = echo().with(port);
    SimulatedMesh both = echo().with(port).with(echoPolicy(SYSTEM));

    assertThat(one.get("client", "echo", 80, "/").tls().mode()).isEqualTo("mesh");
    assertThat(one.get("client", "echo", 8080, "/").tls().sni()).isEqualTo("alt.example.org");
    assertThat(one.get("client", "echo-v1", 8080, "/").tls().mode()).isEqualTo("mesh");
    assertThat(both.get("client", "echo", 80, "/").tls().sni()).isEqualTo("echo.example.org");
    assertThat(both.get("client", "echo", 8080, "/").tls().sni()).isEqualTo("alt.example.org");
  }

  @Test
  @Tag("field=BackendTLSPolicy.options")
  void theProtocolsToOfferAreAnOption() {
    SimulatedMesh plain = echo().with(echoPolicy(SYSTEM));
    SimulatedMesh offered =
        echo()
            .with(
                policy(
                    "{group: '', kind: Service, name: echo}",
                    "options: {selvage.io/alpn: 'h2, http/1.1'}\n  validation: {hostname: a.b, "
                        + SYSTEM
                        + "}"));

    assertThat(tls(plain, 80).alpn()).isEmpty();
    assertThat(tls(plain, 7070).alpn()).containsExactly("h2");
    assertThat(tls(offered, 80).alpn()).containsExactly("h2", "http/1.1");
  }
}
