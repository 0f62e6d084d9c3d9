package io.selvage.smoke.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.selvage.smoke.Bookinfo;
import io.selvage.smoke.Cli;
import io.selvage.smoke.DevMesh;
import io.selvage.smoke.Load;
import io.selvage.smoke.Thief;
import io.selvage.smoke.Waiting;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** The root is replaced under load; a stolen key is shut out of open connections too. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class IdentityIT {
  private static final String PRODUCTPAGE = "spiffe://cluster.local/ns/default/sa/productpage";
  private static final String STRICT =
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
      """;
  private static DevMesh mesh;
  private static Bookinfo bookinfo;

  @BeforeAll
  static void start() {
    mesh = DevMesh.up("identity");
    mesh.workloadEnv().put("SELVAGE_CERTIFICATE_LIFETIME", "30s");
    mesh.apply(STRICT);
    bookinfo = new Bookinfo(mesh);
    bookinfo.start("details", "productpage");
    Waiting.until("the first answer", Duration.ofSeconds(60), () -> status() == 200);
  }

  @AfterAll
  static void stop() {
    mesh.close();
  }

  private static String page() {
    return bookinfo.url("/api/v1/products/0");
  }

  private static int status() {
    return Load.get(page()).statusCode();
  }

  private static Cli.Result rotate(String step) {
    return mesh.selvage("ca", "rotate", step);
  }

  private static void refused(String step, String code) {
    Cli.Result result = rotate(step);
    assertThat(result.exit()).as(result.out() + result.err()).isEqualTo(1);
    assertThat(result.err()).contains("[" + code + "]").contains("Fix:");
  }

  @Test
  @Order(1)
  void theRootIsReplacedUnderLoadWithoutAFailedRequest() throws Exception {
    AtomicBoolean stop = new AtomicBoolean();
    CompletableFuture<Load.Answers> load =
        CompletableFuture.supplyAsync(
            () -> {
              Load.Answers all = Load.run(page(), 100, 4, 50, r -> "" + r.statusCode());
              while (!stop.get()) {
                Load.Answers more = Load.run(page(), 200, 4, 50, r -> "" + r.statusCode());
                var sum = new java.util.TreeMap<>(all.byLabel());
                more.byLabel().forEach((label, count) -> sum.merge(label, count, Integer::sum));
                all = new Load.Answers(sum, more.nanos());
              }
              return all;
            });
    String before = mesh.selvage("ca", "status").orFail("ca status").out();
    refused("sign", "SELV-4160");
    refused("drop", "SELV-4160");

    rotate("add").orFail("add");
    refused("add", "SELV-4160");
    refused("drop", "SELV-4160");
    Waiting.until(
        "all to trust the new root", Duration.ofSeconds(15), () -> rotate("sign").exit() == 0);
    refused("drop", "SELV-4162");
    Waiting.until(
        "the last old certificate to end",
        Duration.ofSeconds(60),
        () -> rotate("drop").exit() == 0);
    refused("drop", "SELV-4160");
    // two more half-lives with the new root alone
    Waiting.pause(Duration.ofSeconds(20));
    stop.set(true);

    Load.Answers answers = load.get();
    assertThat(answers.byLabel()).containsOnlyKeys("200");
    assertThat(answers.of("200")).isGreaterThan(1_500);
    String after = mesh.selvage("ca", "status").orFail("ca status").out();
    assertThat(after).contains("one root").isNotEqualTo(before);
    assertThat(mesh.status().path("agents")).hasSize(2);
  }

  @Test
  @Order(2)
  void aStolenKeyIsShutOutOfOpenConnectionsWithinFiveSeconds() throws Exception {
    Path identity = Thief.find(mesh.folder(), "productpage");
    try (Thief open = Thief.connect(identity, bookinfo.port("details"));
        Thief idle = Thief.connect(identity, bookinfo.port("details"))) {
      assertThat(open.get("/details/0")).startsWith("HTTP/1.1 200");

      JsonNode revoked =
          new ObjectMapper()
              .readTree(
                  mesh.selvage("revoke", PRODUCTPAGE, "--reason", "key stolen", "-o", "json")
                      .orFail("revoke")
                      .out());
      assertThat(revoked.at("/revocations/0/reason").asText()).isEqualTo("key stolen");
      assertThat(open.awaitEnd(Duration.ofSeconds(10))).isTrue();
      assertThat(idle.awaitEnd(Duration.ofSeconds(10))).isTrue();
      Instant since = Instant.parse(revoked.at("/revocations/0/since").asText());
      assertThat(Duration.between(since, Instant.now())).isLessThan(Duration.ofSeconds(5));
    }
    assertThat(Thief.isLetIn(identity, bookinfo.port("details"))).isFalse();
    Waiting.until("the owner to be out too", Duration.ofSeconds(5), () -> status() != 200);
    Waiting.until(
        "its stream to be ended",
        Duration.ofSeconds(5),
        () -> mesh.status().path("agents").size() == 1);
    assertThat(mesh.selvage("revoke", "--list").orFail("list").out()).contains(PRODUCTPAGE);

    mesh.selvage("revoke", PRODUCTPAGE, "--lift").orFail("lift");
    Waiting.until("the owner to be back", Duration.ofSeconds(60), () -> status() == 200);
  }

  @Test
  @Order(3)
  void aRevokedSerialIsOutUntilItIsLifted() throws Exception {
    Path identity = Thief.steal(Thief.find(mesh.folder(), "productpage"));
    try (Thief idle = Thief.connect(identity, bookinfo.port("details"))) {
      mesh.selvage("revoke", idle.serial(), "--reason", "lost").orFail("revoke");
      assertThat(idle.awaitEnd(Duration.ofSeconds(5))).isTrue();
      assertThat(Thief.isLetIn(identity, bookinfo.port("details"))).isFalse();
      mesh.selvage("revoke", idle.serial(), "--lift").orFail("lift");
    }
    Waiting.until("the owner to be back", Duration.ofSeconds(60), () -> status() == 200);
  }
}
