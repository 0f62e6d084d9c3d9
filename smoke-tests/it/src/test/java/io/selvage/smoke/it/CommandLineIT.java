package io.selvage.smoke.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.selvage.smoke.Bookinfo;
import io.selvage.smoke.Cli;
import io.selvage.smoke.DevMesh;
import io.selvage.smoke.Load;
import io.selvage.smoke.Waiting;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What people type, against a running mesh. */
class CommandLineIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static DevMesh mesh;
  private static Bookinfo bookinfo;

  @BeforeAll
  static void up() {
    mesh = DevMesh.up("cli");
    mesh.apply(
        """
        apiVersion: security.istio.io/v1
        kind: AuthorizationPolicy
        metadata: {name: no-admin, namespace: default}
        spec:
          selector: {matchLabels: {app: details}}
          action: DENY
          rules: [{to: [{operation: {paths: ["/details/admin*"]}}]}]
        """);
    bookinfo = new Bookinfo(mesh);
    bookinfo.start("details", "productpage");
    Waiting.until(
        "an answer through the mesh",
        Duration.ofSeconds(60),
        () -> Load.get(bookinfo.url("/api/v1/products/0")).statusCode() == 200);
  }

  @AfterAll
  static void down() {
    if (mesh != null) {
      mesh.close();
    }
  }

  private static JsonNode json(String... args) throws Exception {
    List<String> all = new ArrayList<>(List.of(args));
    all.addAll(List.of("-o", "json"));
    return JSON.readTree(
        mesh.selvage(all.toArray(new String[0])).orFail("selvage " + String.join(" ", args)).out());
  }

  @Test
  void statusShowsSyncCertificateAndSeams() throws Exception {
    Waiting.until(
        "both SYNCED",
        Duration.ofSeconds(30),
        () ->
            mesh.status().path("agents").findValuesAsText("state").stream()
                    .filter("SYNCED"::equals)
                    .count()
                == 2);
    JsonNode details = null;
    for (JsonNode agent : json("status").path("agents")) {
      if (agent.path("service").asText().equals("details")) {
        details = agent;
      }
    }

    assertThat(details).isNotNull();
    assertThat(details.path("state").asText()).isEqualTo("SYNCED");
    assertThat(details.at("/certificate/serial").asText()).matches("[0-9a-f]{16,}");
    assertThat(details.at("/certificate/notAfter").asText()).startsWith("20");
    assertThat(details.path("seams").findValuesAsText("state"))
        .contains("linked")
        .doesNotContain("failed", "refused");
    assertThat(mesh.selvage("status").out())
        .contains("default/details", "SYNCED", "woven")
        .doesNotContain("NOT");
  }

  @Test
  void whyNamesListenerRouteClusterEndpointAndPolicyOfBothSides() throws Exception {
    JsonNode allowed =
        json("why", "productpage", "details", "--port", "9080", "--path", "/details/0");
    assertThat(allowed.at("/outbound/cluster").asText())
        .isEqualTo("outbound|9080||details.default.svc.cluster.local");
    assertThat(allowed.at("/outbound/listener").asText()).isEqualTo("0.0.0.0_9080");
    assertThat(allowed.at("/outbound/endpoints").toString())
        .contains("127.0.0.1:" + bookinfo.port("details"));
    assertThat(allowed.at("/outbound/tls/mode").asText()).isEqualTo("mesh");

    JsonNode denied =
        json("why", "productpage", "details", "--port", "9080", "--path", "/details/admin/x");
    assertThat(denied.path("inbound").toString()).contains("no-admin").contains("403");
    assertThat(
            mesh.selvage(
                    "why", "productpage", "details", "--port", "9080", "--path", "/details/admin/x")
                .out())
        .contains("outbound", "inbound", "no-admin");
  }

  @Test
  void unknownWorkloadsAndWrongPathsAreRefusedClearly() {
    Cli.Result nobody = mesh.selvage("why", "nobody", "details");
    assertThat(nobody.ok()).isFalse();
    assertThat(nobody.err()).containsPattern("\\[SELV-\\d{4}\\]").doesNotContain("\tat ");
    Cli.Result wrong = mesh.selvage("why", "productpage", "details", "--path", "no-slash");
    assertThat(wrong.err()).contains("[SELV-8050] (--path)");
  }

  @Test
  void applyGetAndDeleteWorkWithoutKubectl() throws Exception {
    java.nio.file.Path file = mesh.folder().resolve("vs.yaml");
    java.nio.file.Files.writeString(
        file,
        "{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: cli}, spec: {hosts: [details], http: [{route: [{destination: {host: details}}]}]}}");

    assertThat(mesh.selvage("apply", "-f", file.toString()).orFail("apply").out())
        .contains("VirtualService cli applied");
    assertThat(mesh.selvage("get", "vs").out()).contains("NAME", "cli");
    assertThat(json("get", "vs", "cli").at("/spec/hosts/0").asText()).isEqualTo("details");
    assertThat(mesh.selvage("delete", "vs", "cli").orFail("delete").out()).contains("deleted cli");
    assertThat(mesh.selvage("get", "vs", "cli").err()).contains("[SELV-8019]");
  }

  @Test
  void tokensVersionExplainAndCompletion() throws Exception {
    assertThat(json("token", "create", "--service-account", "x").path("token").asText())
        .startsWith("slv1.");
    assertThat(json("version").path("controller").asText()).isNotEmpty();
    assertThat(mesh.selvage("explain", "SELV-4021").orFail("explain").out())
        .contains("SELV-4021")
        .contains("pins");
    assertThat(mesh.selvage("explain", "SELV-0000").ok()).isFalse();
    assertThat(mesh.selvage("completion").out()).contains("complete");
  }

  @Test
  void metricsCarryIstiosLabelsOnBothSides() {
    String caller = Load.get("http://127.0.0.1:" + adminPort("productpage") + "/metrics").body();
    String callee = Load.get("http://127.0.0.1:" + adminPort("details") + "/metrics").body();

    assertThat(caller)
        .containsPattern(
            "istio_requests_total\\{.*reporter=\"source\".*destination_service=\"details.default.svc.cluster.local\".*\\} [1-9]")
        .contains("istio_request_duration_milliseconds_bucket");
    assertThat(callee)
        .containsPattern(
            "istio_requests_total\\{.*reporter=\"destination\".*source_principal=\"spiffe://cluster.local/ns/default/sa/productpage\".*\\} [1-9]")
        .contains("connection_security_policy=\"mutual_tls\"");
  }

  private static String adminPort(String name) {
    java.util.regex.Matcher m =
        java.util.regex.Pattern.compile("admin=(\\d+)").matcher(bookinfo.child(name).log());
    assertThat(m.find()).isTrue();
    return m.group(1);
  }

  @Test
  void analyzeSaysWhatIsWrongWithFilesAndWithTheMesh() throws Exception {
    Path file = Files.createTempFile("selvage-analyze", ".yaml");
    Files.writeString(
        file,
        """
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: lost}
        spec: {hosts: [details], http: [{route: [{destination: {host: nobody}}]}]}
        """);
    Cli.Result files = mesh.selvage("analyze", file.toString(), "-o", "json");
    assertThat(files.exit()).as(files.out() + files.err()).isEqualTo(79);
    assertThat(JSON.readTree(files.out()).findValuesAsText("field"))
        .contains("spec.http[0].route[0].destination");

    Cli.Result live = mesh.selvage("analyze", "-o", "json");
    assertThat(live.exit()).as(live.out() + live.err()).isZero();
    assertThat(JSON.readTree(live.out()).isArray()).isTrue();

    Cli.Result both = mesh.selvage("analyze", "--live", file.toString());
    assertThat(both.exit()).as(both.out() + both.err()).isEqualTo(79);
    assertThat(both.out()).contains("[SELV-7341] (VirtualService default/lost ");
    Files.delete(file);
  }
}
