package io.selvage.smoke.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.selvage.smoke.Bookinfo;
import io.selvage.smoke.Capture;
import io.selvage.smoke.Cli;
import io.selvage.smoke.DevMesh;
import io.selvage.smoke.Load;
import io.selvage.smoke.Waiting;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What the wire shows of a mesh: its TLS as a scanner sees it, and no plaintext at any moment. */
class TlsOnTheWireIT {
  /** Words of what one service asks another, and of the answer. */
  private static final List<String> CANARIES = List.of("GET /details/", "ISBN-10");

  private static final String STRICT = peerAuthentication("STRICT");
  private static final Set<String> OLD = Set.of("SSLv2", "SSLv3", "TLS1", "TLS1_1");
  private static final Set<String> WEAK =
      Set.of(
          "cipherlist_NULL",
          "cipherlist_aNULL",
          "cipherlist_EXPORT",
          "cipherlist_LOW",
          "cipherlist_3DES_IDEA",
          "cipherlist_AVERAGE");

  private static DevMesh mesh;
  private static Bookinfo bookinfo;

  private static String peerAuthentication(String mode) {
    return """
        apiVersion: security.istio.io/v1
        kind: PeerAuthentication
        metadata: {name: details, namespace: default}
        spec: {selector: {matchLabels: {app: details}}, mtls: {mode: %s}}
        """
        .formatted(mode);
  }

  @BeforeAll
  static void up() {
    mesh = DevMesh.up("wire");
    mesh.workloadEnv().put("SELVAGE_CERTIFICATE_LIFETIME", "30s");
    bookinfo = new Bookinfo(mesh);
    bookinfo.start("details", "ratings", "reviews-v1", "productpage");
    Waiting.until("the first answer", Duration.ofSeconds(60), TlsOnTheWireIT::answers);
  }

  @AfterAll
  static void down() {
    if (mesh != null) {
      mesh.close();
    }
  }

  private static boolean answers() {
    return Load.get(bookinfo.url("/api/v1/products/0")).statusCode() == 200;
  }

  // ---- a scanner

  @Test
  void scannersFindNothingOldAndNothingWeak() throws Exception {
    assumeTrue(
        Files.isExecutable(Path.of("/usr/bin/testssl")),
        "testssl.sh (package testssl.sh) is there");
    mesh.apply(STRICT);
    Map<String, Integer> ports = new LinkedHashMap<>();
    ports.put("controller's control port", mesh.xdsPort());
    ports.put("controller's API", apiPort());
    ports.put("details", bookinfo.port("details"));
    ports.put("ratings", bookinfo.port("ratings"));
    ports.put("ratings by gRPC", bookinfo.port("ratings-grpc"));
    ports.put("reviews", bookinfo.port("reviews-v1"));
    Map<String, CompletableFuture<JsonNode>> scans = new LinkedHashMap<>();
    ports.forEach(
        (name, port) -> scans.put(name, CompletableFuture.supplyAsync(() -> scanned(port))));
    for (Map.Entry<String, CompletableFuture<JsonNode>> scan : scans.entrySet()) {
      judge(scan.getKey(), scan.getValue().get());
    }
  }

  private static int apiPort() throws IOException {
    Matcher server =
        Pattern.compile("server\"? *: *\"?(https://[^\\s\"]+)")
            .matcher(Files.readString(mesh.kubeconfig()));
    assertThat(server.find()).isTrue();
    return URI.create(server.group(1)).getPort();
  }

  private static JsonNode scanned(int port) {
    Path report = mesh.folder().resolve("testssl-" + port + ".json");
    List<String> command = new ArrayList<>(List.of("testssl", "--quiet", "--color", "0"));
    command.addAll(List.of("--warnings", "off", "--nodns", "none", "-p", "-s"));
    command.addAll(List.of("--jsonfile", report.toString(), "127.0.0.1:" + port));
    Cli.Result ran = Cli.run(Map.of(), null, Duration.ofMinutes(5), command);
    try {
      return new ObjectMapper().readTree(report.toFile());
    } catch (IOException e) {
      throw new IllegalStateException("testssl.sh has no report: " + ran.all(), e);
    }
  }

  private static void judge(String name, JsonNode report) {
    Map<String, String> found = new LinkedHashMap<>();
    report.forEach(f -> found.put(f.path("id").asText(), f.path("finding").asText()));
    assertThat(found.keySet()).as(name).containsAll(OLD).containsAll(WEAK);
    for (String id : OLD) {
      assertThat(found.get(id)).as("%s of %s", id, name).startsWith("not offered");
    }
    for (String id : WEAK) {
      assertThat(found.get(id)).as("%s of %s", id, name).startsWith("not offered");
    }
    assertThat(found.get("TLS1_3")).as("TLS 1.3 of %s", name).startsWith("offered");
    assertThat(found.get("cipherlist_STRONG")).as(name).startsWith("offered");
  }

  // ---- no plaintext

  @Test
  void rotationOutageAndPolicySwitchesShowNoPlaintext() throws Exception {
    boolean full = Boolean.getBoolean("wire.full");
    List<Integer> hop = List.of(bookinfo.port("details"));
    seesPlaintext(hop);
    mesh.apply(STRICT);
    Waiting.until("STRICT at details", Duration.ofSeconds(20), () -> mode().equals("STRICT"));
    Waiting.until("mutual TLS", Duration.ofSeconds(20), TlsOnTheWireIT::answers);
    AtomicBoolean stop = new AtomicBoolean();
    AtomicInteger good = new AtomicInteger();
    Thread callers = new Thread(() -> call(stop, good), "callers");
    try (Capture capture = Capture.ofPorts(mesh.folder(), hop)) {
      callers.start();
      Set<String> serials = new TreeSet<>();
      Waiting.until("two rotations", Duration.ofSeconds(90), () -> rotations(serials) >= 3);
      for (String mode : List.of("PERMISSIVE", "STRICT", "PERMISSIVE", "STRICT")) {
        mesh.apply(peerAuthentication(mode));
        Waiting.until(mode, Duration.ofSeconds(20), () -> mode().equals(mode));
        int before = good.get();
        Waiting.until("calls in " + mode, Duration.ofSeconds(20), () -> good.get() > before + 5);
      }
      mesh.killController();
      if (full) {
        // 30 s of life and two minutes of tolerated skew
        Waiting.until("refusal at expiry", Duration.ofMinutes(4), () -> !answers());
      } else {
        Waiting.pause(Duration.ofSeconds(10));
      }
      mesh.restart();
      Waiting.until("healed", Duration.ofSeconds(90), TlsOnTheWireIT::answers);
      stop.set(true);
      callers.join(10_000);
      String bytes = capture.stop();
      assertThat(bytes.length()).as("bytes on the hop").isGreaterThan(10_000);
      CANARIES.forEach(word -> assertThat(bytes.contains(word)).as(word).isFalse());
    } finally {
      stop.set(true);
    }
  }

  /** The proof's own proof: with TLS switched off the capture does show the words. */
  private static void seesPlaintext(List<Integer> hop) {
    mesh.apply(peerAuthentication("DISABLE"));
    Waiting.until("DISABLE at details", Duration.ofSeconds(20), () -> mode().equals("DISABLE"));
    try (Capture capture = Capture.ofPorts(mesh.folder(), hop)) {
      Waiting.until("an answer", Duration.ofSeconds(30), TlsOnTheWireIT::answers);
      for (int i = 0; i < 5; i++) {
        answers();
      }
      assertThat(capture.stop()).contains(CANARIES);
    }
  }

  private static void call(AtomicBoolean stop, AtomicInteger good) {
    while (!stop.get()) {
      try {
        if (answers()) {
          good.incrementAndGet();
        }
      } catch (RuntimeException refused) {
        // counted by what succeeds
      }
      Waiting.pause(Duration.ofMillis(20));
    }
  }

  private static JsonNode details() {
    for (JsonNode agent : mesh.status().path("agents")) {
      if (agent.path("service").asText().equals("details")) {
        return agent;
      }
    }
    throw new IllegalStateException("details is not connected");
  }

  private static String mode() {
    return details().path("modes").path("" + bookinfo.port("details")).asText();
  }

  private static int rotations(Set<String> serials) {
    serials.add(details().at("/certificate/serial").asText());
    return serials.size();
  }

  // ---- who would break

  @Test
  void plaintextCallersAreNamedBeforeStrictIsSwitchedOn() {
    mesh.apply(peerAuthentication("PERMISSIVE"));
    Waiting.until("PERMISSIVE", Duration.ofSeconds(20), () -> mode().equals("PERMISSIVE"));
    assertThat(Load.get("http://127.0.0.1:" + bookinfo.port("details") + "/details/0").statusCode())
        .isEqualTo(200);
    Waiting.until(
        "the report",
        Duration.ofSeconds(60),
        () -> mesh.selvage("plaintext").out().contains("default/details"));
    Cli.Result told = mesh.selvage("plaintext", "-n", "default");
    assertThat(told.exit()).isEqualTo(1);
    assertThat(told.out()).contains("default/details", "PERMISSIVE", "127.0.0.1", "plaintext");
    assertThat(mesh.selvage("plaintext", "-n", "nowhere").exit()).isZero();
  }
}
