package io.selvage.smoke.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.smoke.Checkout;
import io.selvage.smoke.Child;
import io.selvage.smoke.DevMesh;
import io.selvage.smoke.Load;
import io.selvage.smoke.Stranger;
import io.selvage.smoke.Waiting;
import io.selvage.smoke.Workload;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Wrong settings, tokens, files and ports: one coded line that says what to do, and the application
 * keeps running.
 */
class BadInputIT {
  private static DevMesh mesh;

  @BeforeAll
  static void up() {
    mesh = DevMesh.up("bad-input");
  }

  @AfterAll
  static void down() {
    mesh.close();
  }

  private static Workload details(Map<String, String> env) {
    int port = Checkout.freePort();
    Map<String, String> all = new LinkedHashMap<>(Map.of("SERVER_PORT", "" + port));
    all.putAll(env);
    return new Workload(
        "details",
        "v1",
        "default",
        List.of("9080:" + port),
        port,
        Workload.jar(Checkout.app("details")),
        all);
  }

  private static void servesPlaintext(Workload workload, Child child) {
    assertThat(Load.get("http://127.0.0.1:" + workload.readyPort() + "/details/1").statusCode())
        .as(child.tail())
        .isEqualTo(200);
  }

  @Test
  void unknownSettingIsWarnedOfWithTheNearestKnownName() {
    Workload workload = details(Map.of("SELVAGE_CONTROLER", "127.0.0.1:1"));
    try (Child child = workload.startAndAwait(mesh, Duration.ofSeconds(60))) {
      child.awaitLog(
          "WARN \\[SELV-1\\d{3}\\].*(?i)controler.*(selvage\\.controller|SELVAGE_CONTROLLER)",
          Duration.ofSeconds(10));
      servesPlaintext(workload, child);
    }
  }

  @Test
  void wrongTokenIsRefusedWithACodeAndTheApplicationRuns() {
    Workload workload = details(Map.of());
    Child child =
        startWithToken(
            workload,
            token ->
                token.substring(0, token.indexOf('.', 6))
                    + ".AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA."
                    + token.substring(token.lastIndexOf('.') + 1));
    try (child) {
      child.awaitLog("\\[SELV-\\d{4}\\].*(?i)token", Duration.ofSeconds(20));
      servesPlaintext(workload, child);
    }
  }

  @Test
  void usedTokenIsRefusedWithACodeAndTheApplicationRuns() {
    Workload first = details(Map.of());
    Workload second = details(Map.of());
    String[] used = new String[1];
    try (Child one =
        startWithToken(
            first,
            token -> {
              used[0] = token;
              return token;
            })) {
      one.awaitLog(
          "(?m)^.*INFO.*spiffe://cluster.local/ns/default/sa/details", Duration.ofSeconds(30));
      try (Child two = startWithToken(second, token -> used[0])) {
        two.awaitLog("\\[SELV-\\d{4}\\].*(?i)used", Duration.ofSeconds(20));
        servesPlaintext(second, two);
      }
    }
  }

  @Test
  void tokenOfAnotherMeshIsRefusedByTheAgentItself() {
    Workload workload = details(Map.of());
    try (Child child =
        startWithToken(
            workload,
            token ->
                token.substring(0, token.lastIndexOf('.') + 1)
                    + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")) {
      child.awaitLog("\\[SELV-\\d{4}\\].*(?i)pin", Duration.ofSeconds(20));
      servesPlaintext(workload, child);
    }
  }

  @Test
  void damagedSnapshotIsRefusedAndSaidSo() throws IOException {
    Path data = mesh.folder().resolve("damaged");
    Workload workload = details(Map.of("SELVAGE_DATA_DIR", data.toString()));
    try (Child child = workload.startAndAwait(mesh, Duration.ofSeconds(60))) {
      Waiting.until(
          "a snapshot", Duration.ofSeconds(30), () -> Files.exists(data.resolve("snapshot.bin")));
      Waiting.pause(Duration.ofSeconds(2));
    }
    Path snapshot = data.resolve("snapshot.bin");
    byte[] bytes = Files.readAllBytes(snapshot);
    bytes[bytes.length / 2] ^= 0x55;
    Files.write(snapshot, bytes);

    try (Child child = workload.startAndAwait(mesh, Duration.ofSeconds(60))) {
      child.awaitLog("\\[SELV-\\d{4}\\].*snapshot.*Fix:", Duration.ofSeconds(20));
      servesPlaintext(workload, child);
    }
  }

  @Test
  void unusableDataFolderIsSaidSoAndTheApplicationRuns() throws IOException {
    Path file = Files.createFile(mesh.folder().resolve("a-file-not-a-folder"));
    Workload workload = details(Map.of("SELVAGE_DATA_DIR", file.resolve("data").toString()));
    try (Child child = workload.startAndAwait(mesh, Duration.ofSeconds(60))) {
      child.awaitLog("\\[SELV-\\d{4}\\].*a-file-not-a-folder.*Fix:", Duration.ofSeconds(20));
      servesPlaintext(workload, child);
    }
  }

  @Test
  void tooOpenKeyFileIsRefused() throws IOException {
    Path data = mesh.folder().resolve("open-key");
    Workload workload = details(Map.of("SELVAGE_DATA_DIR", data.toString()));
    try (Child child = workload.startAndAwait(mesh, Duration.ofSeconds(60))) {
      Waiting.until("a key", Duration.ofSeconds(30), () -> Files.exists(data.resolve("key.pem")));
    }
    try (Stream<Path> files = Files.list(data)) {
      for (Path f :
          files
              .filter(Files::isRegularFile)
              .filter(f -> f.getFileName().toString().matches("key.pem|identity.pem|snapshot.bin"))
              .toList()) {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(f)))
            .as(f.toString())
            .isEqualTo("rw-------");
      }
    }
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(data)))
        .isEqualTo("rwx------");
    Files.setPosixFilePermissions(
        data.resolve("key.pem"), PosixFilePermissions.fromString("rw-r--r--"));

    try (Child child = workload.startAndAwait(mesh, Duration.ofSeconds(60))) {
      child.awaitLog("\\[SELV-\\d{4}\\].*key\\.pem.*Fix:", Duration.ofSeconds(20));
    }
  }

  @Test
  void controllerRefusesATakenPortWithOneCodedLine() {
    int taken = mesh.xdsPort();

    var result =
        mesh.selvage(
            "serve",
            "--data-dir",
            mesh.folder().resolve("second").toString(),
            "--xds-port",
            "" + taken,
            "--api-port",
            "" + Checkout.freePort(),
            "--metrics-port",
            "" + Checkout.freePort());

    assertThat(result.ok()).isFalse();
    assertThat(result.err())
        .containsPattern("\\[SELV-7\\d{3}\\].*" + taken + ".*Fix:")
        .doesNotContain("\tat ");
  }

  @Test
  void strictPortRefusesPlaintextEvenWithoutIdentity() {
    mesh.apply(
        """
        apiVersion: security.istio.io/v1
        kind: PeerAuthentication
        metadata: {name: strict, namespace: default}
        spec: {selector: {matchLabels: {app: details}}, mtls: {mode: STRICT}}
        """);
    Workload workload = details(Map.of());
    try (Child child = workload.startAndAwait(mesh, Duration.ofSeconds(60))) {
      Waiting.until(
          "STRICT",
          Duration.ofSeconds(10),
          () ->
              !Stranger.plaintext(workload.readyPort(), "/details/1", Stranger.Speech.HTTP1)
                  .served());
    } finally {
      mesh.kubectl("delete", "peerauthentication", "strict");
    }
  }

  private static Child startWithToken(
      Workload workload, java.util.function.UnaryOperator<String> change) {
    return workload.startWith(
        mesh,
        exports ->
            exports.replaceAll(
                "(SELVAGE_TOKEN=['\"]?)([^'\"\\s;]+)",
                "$1"
                    + java.util.regex.Matcher.quoteReplacement(
                        change.apply(
                            exports.replaceAll(
                                "(?s).*SELVAGE_TOKEN=['\"]?([^'\"\\s;]+).*", "$1")))));
  }
}
