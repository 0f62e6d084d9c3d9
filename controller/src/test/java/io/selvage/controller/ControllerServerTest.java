package io.selvage.controller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selvage.controller.resource.Kinds;
import io.selvage.controller.resource.ResourceKey;
import io.selvage.controller.store.StoreException;
import io.selvage.controller.testing.CommandLineRun;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ControllerServerTest {
  @TempDir Path temporary;

  private Path folder() {
    return temporary.resolve("data");
  }

  private ControllerSettings settings(int apiPort) {
    ControllerSettings base = ControllerSettings.loopback(folder());
    return new ControllerSettings(
        base.dataDir(),
        base.authority(),
        base.bind(),
        0,
        apiPort,
        base.metricsBind(),
        0,
        base.trustDomain(),
        Duration.ofMinutes(1),
        Duration.ofHours(1),
        base.advertised(),
        true,
        null,
        base.attestation(),
        base.upstream());
  }

  private CommandLineRun selvage(ControllerServer server, String... arguments) {
    return CommandLineRun.with(server.kubeconfig(), arguments);
  }

  @Test
  void theCommandLineWorksAgainstIt() throws IOException {
    Path manifest =
        Files.writeString(
            temporary.resolve("m.yaml"),
            """
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: reviews}
            spec:
              hosts: [reviews]
              http: [{route: [{destination: {host: reviews}}]}]
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: reviews}
            spec: {selector: {app: reviews}, ports: [{port: 9080, name: http}]}
            """);
    try (ControllerServer server = ControllerServer.start(settings(0))) {
      selvage(server, "apply", "-f", manifest.toString()).ok();
      assertThat(selvage(server, "get", "vs").ok().out()).contains("[\"reviews\"]");
      assertThat(selvage(server, "get", "svc", "-o", "json").ok().out()).contains("9080");
      ObjectNode status = JsonNodeFactory.instance.objectNode();
      status.putArray("conditions").addObject().put("type", "Looked").put("status", "True");
      server
          .store()
          .updateStatus(new ResourceKey(Kinds.VIRTUAL_SERVICE, "default", "reviews"), status, 0);
      String yaml = selvage(server, "get", "vs", "reviews", "-o", "yaml").ok().out();
      assertThat(yaml)
          .contains("\nkind: VirtualService\n")
          .contains("resourceVersion: '")
          .contains("status: 'True'");
      selvage(server, "apply", "-f", withoutServerFields(yaml)).ok();
      assertThat(selvage(server, "status").ok().out()).contains("no agent is connected");
      assertThat(selvage(server, "status", "-o", "json").ok().out()).contains("\"agents\"");
      assertThat(selvage(server, "version", "-o", "json").ok().out()).contains("dev");
      assertThat(selvage(server, "token", "create", "--service-account", "a").ok().out())
          .startsWith("slv1.");
      CommandLineRun why = selvage(server, "why", "a", "b");
      assertThat(why.exit()).isEqualTo(1);
      assertThat(why.err()).contains("SELV-7031").doesNotContain("\tat ");
      Path wrong =
          Files.writeString(
              temporary.resolve("wrong.yaml"),
              Files.readString(manifest).replace("http: [", "http: [{timeout: 1x},"));
      CommandLineRun refused = selvage(server, "apply", "-f", wrong.toString());
      assertThat(refused.exit()).isEqualTo(1);
      assertThat(refused.err()).contains("spec.http[0].timeout").contains("SELV-7108");
      selvage(server, "delete", "vs", "reviews").ok();
      assertThat(server.store().list(Kinds.VIRTUAL_SERVICE)).isEmpty();
    }
  }

  private String withoutServerFields(String yaml) throws IOException {
    String kept =
        yaml.replaceAll("(?ms)^  managedFields:.*?(?=^\\S)", "")
            .replaceAll("(?m)^  resourceVersion:.*$", "");
    assertThat(kept).doesNotContain("managedFields");
    return Files.writeString(temporary.resolve("again.yaml"), kept).toString();
  }

  @Test
  void environmentOfAWorkloadHoldsAFreshTokenAndTheControlAddress() throws IOException {
    Path agent = Files.createFile(temporary.resolve("agent.jar"));
    try (ControllerServer server = ControllerServer.start(settings(0))) {
      CommandLineRun env =
          CommandLineRun.child(
              java.util.Map.of("SELVAGE_AGENT_JAR", agent.toString(), "HOME", temporary.toString()),
              "env",
              "--kubeconfig",
              server.kubeconfig().toString(),
              "--service",
              "reviews",
              "--version",
              "v2",
              "--port",
              "9080:19081");
      assertThat(env.ok().out())
          .contains("export SELVAGE_CONTROLLER='" + server.controlAddress() + "'")
          .contains("export SELVAGE_TOKEN='slv1.")
          .contains("export SELVAGE_SERVICE='reviews'")
          .contains("export SELVAGE_PORTS='9080:19081/http'")
          .contains("-javaagent:" + agent);
    }
  }

  @Test
  void everythingIsThereAfterARestart() throws IOException {
    String kubeconfig;
    try (ControllerServer server = ControllerServer.start(settings(0))) {
      kubeconfig = Files.readString(server.kubeconfig());
      assertThat(server.store().get(new ResourceKey(Kinds.NAMESPACE, "", "default"))).isPresent();
    }
    try (ControllerServer server = ControllerServer.start(settings(0))) {
      String token = Files.readString(folder().resolve("admin-token"));
      assertThat(kubeconfig).contains(token);
      selvage(server, "get", "ns").ok();
    }
    for (String secret : new String[] {"admin-token", "api-tokens.json", "kubeconfig"}) {
      assertThat(
              PosixFilePermissions.toString(
                  Files.getPosixFilePermissions(folder().resolve(secret))))
          .isEqualTo("rw-------");
    }
    assertThat(Files.readString(folder().resolve("api-tokens.json")))
        .doesNotContain(Files.readString(folder().resolve("admin-token")));
  }

  @Test
  void metricsAndHealthArePlain() throws Exception {
    try (ControllerServer server = ControllerServer.start(settings(0))) {
      String metrics =
          HttpClient.newHttpClient()
              .send(
                  HttpRequest.newBuilder(
                          URI.create("http://127.0.0.1:" + server.metricsPort() + "/metrics"))
                      .build(),
                  BodyHandlers.ofString())
              .body();
      assertThat(metrics)
          .contains("# TYPE selvage_xds_streams gauge")
          .contains("selvage_store_objects{kind=\"Namespace\"} 2")
          .contains("selvage_controller_agents{state=\"SYNCED\"} 0");
    }
  }

  @Test
  void aTakenPortIsSaidWithItsCodeAndEverythingIsReleased() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      assertThatThrownBy(() -> ControllerServer.start(settings(taken.getLocalPort())))
          .isInstanceOfSatisfying(
              StoreException.class, e -> assertThat(e.code()).isEqualTo("SELV-7040"))
          .hasMessageContaining("API port " + taken.getLocalPort());
    }
    ControllerServer.start(settings(0)).close();
  }

  @Test
  void aFolderOpenToOthersOrInUseIsRefused() throws IOException {
    try (ControllerServer first = ControllerServer.start(settings(0))) {
      assertThatThrownBy(() -> ControllerServer.start(settings(0)))
          .isInstanceOfSatisfying(
              StoreException.class, e -> assertThat(e.code()).isEqualTo("SELV-7012"));
      assertThat(first.apiUrl()).startsWith("https://127.0.0.1:");
    }
    Files.setPosixFilePermissions(folder(), PosixFilePermissions.fromString("rwxr-xr-x"));
    assertThatThrownBy(() -> ControllerServer.start(settings(0)))
        .isInstanceOfSatisfying(
            StoreException.class, e -> assertThat(e.code()).isEqualTo("SELV-7011"));
  }

  @Test
  void aServedProcessThatIsKilledLosesNothingAcknowledged() throws Exception {
    Path kubeconfig = folder().resolve("kubeconfig");
    for (int round = 0; round < 2; round++) {
      Process serve =
          CommandLineRun.start(
              java.util.Map.of(
                  "SELVAGE_CONTROLLER_DATA_DIR",
                  folder().toString(),
                  "SELVAGE_CONTROLLER_XDS_PORT",
                  "0"),
              "serve",
              "--ca-dir",
              temporary.resolve("authority").toString(),
              "--api-port",
              "0",
              "--metrics-port",
              "-1");
      try {
        awaitReady(serve);
        if (round == 0) {
          for (int i = 0; i < 5; i++) {
            Path manifest =
                Files.writeString(
                    temporary.resolve("n" + i),
                    "{apiVersion: v1, kind: Namespace, metadata: {name: n" + i + "}}");
            CommandLineRun.with(kubeconfig, "apply", "-f", manifest.toString()).ok();
          }
        } else {
          assertThat(CommandLineRun.with(kubeconfig, "get", "ns").ok().out())
              .contains("n0", "n1", "n2", "n3", "n4");
        }
      } finally {
        serve.destroyForcibly().waitFor();
        assertThat(temporary.resolve("authority/ca-key.pem")).exists();
      }
    }
  }

  private static void awaitReady(Process serve) throws IOException {
    java.io.BufferedReader lines =
        new java.io.BufferedReader(
            new java.io.InputStreamReader(
                serve.getInputStream(), java.nio.charset.StandardCharsets.UTF_8));
    String line = lines.readLine();
    while (line != null && !line.startsWith("kubeconfig")) {
      line = lines.readLine();
    }
    assertThat(line).as("ready line").isNotNull();
  }
}
