package io.selvage.controller.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selvage.controller.audit.AuditLog;
import io.selvage.controller.resource.Kind;
import io.selvage.controller.resource.Kinds;
import io.selvage.controller.store.EmbeddedStore;
import io.selvage.controller.testing.Mutations;
import io.selvage.controller.testing.TestApi;
import io.selvage.controller.testing.TestClient;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ApiServerTest {
  private static final String RULES =
      "/apis/networking.istio.io/v1/namespaces/default/destinationrules";

  @TempDir Path folder;
  private EmbeddedStore store;
  private TestApi api;
  private HttpClient client;

  @BeforeEach
  void start() throws Exception {
    store = EmbeddedStore.inMemory(20);
    api = new TestApi(folder, store);
    client = new TestClient(api).http();
  }

  @AfterEach
  void stop() {
    api.close();
    store.close();
  }

  private HttpRequest.Builder request(String method, String path, String body) {
    return HttpRequest.newBuilder(URI.create(api.url() + path))
        .timeout(Duration.ofSeconds(30))
        .header("Authorization", "Bearer " + api.admin())
        .header("Content-Type", "application/json")
        .method(method, HttpRequest.BodyPublishers.ofString(body));
  }

  private HttpResponse<String> send(HttpRequest.Builder request) {
    try {
      return client.send(request.build(), BodyHandlers.ofString());
    } catch (IOException e) {
      throw new AssertionError(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  private HttpResponse<String> send(String method, String path, String body) {
    return send(request(method, path, body));
  }

  private static JsonNode json(String text) {
    try {
      return new ObjectMapper().readTree(text);
    } catch (IOException e) {
      throw new AssertionError(text, e);
    }
  }

  private static String rule(String name, String extra) {
    return "{\"apiVersion\":\"networking.istio.io/v1\",\"kind\":\"DestinationRule\",\"metadata\":{\"name\":\""
        + name
        + "\""
        + extra
        + "},\"spec\":{\"host\":\"a\"}}";
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/",
        "/api",
        "/apis",
        "/healthz",
        "/version",
        "/openapi/v3",
        RULES,
        "/selvage/v1/agents",
        "/selvage/v1/tokens",
        "/nowhere"
      })
  void everyRouteNeedsAToken(String path) {
    for (String header : List.of("", "Bearer ", "Bearer sla1.wrong", "Basic " + api.admin())) {
      HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(api.url() + path));
      if (!header.isEmpty()) {
        request.header("Authorization", header);
      }
      HttpResponse<String> response = send(request);
      assertThat(response.statusCode()).isEqualTo(401);
      assertThat(json(response.body()).path("reason").asText()).isEqualTo("Unauthorized");
      assertThat(json(response.body()).path("kind").asText()).isEqualTo("Status");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      value = {
        "GET /nowhere 404",
        "GET /apis/networking.istio.io/v2/destinationrules 404",
        "GET /apis/networking.istio.io/v1/namespaces/default/envoyfilters 404",
        "GET /apis/networking.istio.io/v1/destinationrules/x 404",
        "GET /apis/nothing.io/v1 404",
        "GET /api/v1/namespaces/default 200",
        "GET /api/v1/namespaces/default/services 200",
        "GET /openapi/v3/apis/security.istio.io/v1beta1 200",
        "GET /openapi/v2 200",
        "GET /openapi/v1 404",
        "GET /a/%2e%2e/b 400",
        "PATCH /apis/networking.istio.io/v1/namespaces/default/destinationrules 405",
        "POST /apis/networking.istio.io/v1/destinationrules 405",
        "DELETE /apis/networking.istio.io/v1/namespaces/default/destinationrules/x 404",
        "POST /version 405",
        "PUT /selvage/v1/tokens 405",
        "GET /api/v1/namespaces?labelSelector=a%20b 400",
        "GET /api/v1/namespaces?fieldSelector=spec.x=1 400",
        "GET /api/v1/namespaces?limit=-1 400",
        "GET /api/v1/namespaces?continue=xyz 400",
      })
  void routes(String method, String path, int status) {
    assertThat(send(method, path, "{}").statusCode()).isEqualTo(status);
  }

  @Test
  void aStaleReplaceIsAConflictAndAnUnconditionalOneIsNot() {
    JsonNode made = json(send("POST", RULES, rule("a", "")).body());
    String version = made.at("/metadata/resourceVersion").asText();
    String stale = ",\"resourceVersion\":\"" + version + "\"";
    String changed = rule("a", stale).replace("\"host\":\"a\"", "\"host\":\"b\"");
    assertThat(send("PUT", RULES + "/a", changed).statusCode()).isEqualTo(200);
    HttpResponse<String> conflict =
        send("PUT", RULES + "/a", changed.replace("\"host\":\"b\"", "\"host\":\"c\""));
    assertThat(conflict.statusCode()).isEqualTo(409);
    assertThat(json(conflict.body()).path("reason").asText()).isEqualTo("Conflict");
    assertThat(send("PUT", RULES + "/a", rule("a", "")).statusCode()).isEqualTo(200);
    assertThat(send("POST", RULES, rule("a", "")).statusCode()).isEqualTo(409);
    assertThat(send("PUT", RULES + "/other", rule("a", "")).statusCode()).isEqualTo(400);
  }

  @Test
  void warnsOfUnknownFieldsAndDropsThemUnlessStrict() {
    String body = rule("a", "").replace("\"host\"", "\"bogus\":1,\"host\"");
    HttpResponse<String> strict = send("POST", RULES + "?fieldValidation=Strict", body);
    assertThat(strict.statusCode()).isEqualTo(400);
    assertThat(json(strict.body()).path("message").asText())
        .isEqualTo(
            "DestinationRule in version \"v1\" cannot be handled as a DestinationRule: strict"
                + " decoding error: unknown field \"spec.bogus\"");
    HttpResponse<String> warn = send("POST", RULES, body);
    assertThat(warn.statusCode()).isEqualTo(201);
    assertThat(warn.headers().firstValue("Warning"))
        .contains("299 - \"unknown field \\\"spec.bogus\\\"\"");
    assertThat(json(warn.body()).path("spec").has("bogus")).isFalse();
  }

  @Test
  void listsInPagesOfOneRevision() {
    for (int i = 0; i < 5; i++) {
      send("POST", RULES, rule("r" + i, ""));
    }
    JsonNode first = json(send("GET", RULES + "?limit=2", "").body());
    assertThat(first.at("/metadata/remainingItemCount").asInt()).isEqualTo(3);
    send("DELETE", RULES + "/r3", "");
    List<String> names = new ArrayList<>();
    JsonNode page = first;
    while (true) {
      page.path("items").forEach(i -> names.add(i.at("/metadata/name").asText()));
      String next = page.at("/metadata/continue").asText("");
      if (next.isEmpty()) {
        break;
      }
      page = json(send("GET", RULES + "?limit=2&continue=" + next, "").body());
    }
    assertThat(names).containsExactly("r0", "r1", "r2", "r3", "r4");
  }

  @Test
  void aWatchSendsWhatIsThereThenChangesThenEnds() throws Exception {
    send("POST", RULES, rule("a", ""));
    HttpResponse<InputStream> watch =
        client.send(
            request("GET", RULES + "?watch=true&timeoutSeconds=3", "").build(),
            BodyHandlers.ofInputStream());
    send("POST", RULES, rule("b", ",\"labels\":{\"x\":\"y\"}"));
    send("DELETE", RULES + "/a", "");
    List<String> lines = new ArrayList<>();
    try (BufferedReader reader =
        new BufferedReader(new InputStreamReader(watch.body(), StandardCharsets.UTF_8))) {
      reader.lines().forEach(lines::add);
    }
    assertThat(lines)
        .extracting(
            l -> json(l).path("type").asText() + json(l).at("/object/metadata/name").asText())
        .containsExactly("ADDEDa", "ADDEDb", "DELETEDa");
  }

  @Test
  void aWatchMarksTheEndOfTheInitialObjects() {
    send("POST", RULES, rule("a", ""));
    HttpResponse<String> response =
        send(
            "GET",
            RULES
                + "?watch=true&sendInitialEvents=true&allowWatchBookmarks=true"
                + "&resourceVersionMatch=NotOlderThan&timeoutSeconds=1",
            "");
    List<JsonNode> events = response.body().lines().map(ApiServerTest::json).toList();
    assertThat(events)
        .extracting(e -> e.path("type").asText())
        .containsExactly("ADDED", "BOOKMARK");
    assertThat(events.get(1).at("/object/metadata/annotations").toString())
        .contains("k8s.io/initial-events-end");
    assertThat(events.get(1).at("/object/metadata/resourceVersion").asText())
        .isEqualTo(Long.toString(store.revision()));
  }

  @Test
  void aWatchFromForgottenHistoryIsGone() {
    for (int i = 0; i < 25; i++) {
      send("POST", RULES, rule("r" + i, ""));
    }
    HttpResponse<String> response =
        send("GET", RULES + "?watch=true&resourceVersion=1&timeoutSeconds=3", "");
    JsonNode event = json(response.body().trim());
    assertThat(event.path("type").asText()).isEqualTo("ERROR");
    assertThat(event.at("/object/code").asInt()).isEqualTo(410);
    assertThat(event.at("/object/reason").asText()).isEqualTo("Expired");
  }

  @Test
  void aSelectorMakesLeavingItADeletion() {
    send("POST", RULES, rule("a", ",\"labels\":{\"x\":\"y\"}"));
    long revision = store.revision();
    send("PUT", RULES + "/a", rule("a", ""));
    HttpResponse<String> response =
        send(
            "GET",
            RULES + "?watch=true&labelSelector=x%3Dy&timeoutSeconds=1&resourceVersion=" + revision,
            "");
    assertThat(json(response.body().trim()).path("type").asText()).isEqualTo("DELETED");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "[]", "null", "7", "{\"a\":1,\"a\":2}", "{", "{\"metadata\":[]}"})
  void refusesBodiesThatAreNoDocument(String body) {
    HttpResponse<String> response = send("POST", RULES, body);
    assertThat(response.statusCode()).isIn(400, 422);
    assertThat(json(response.body()).path("status").asText()).isEqualTo("Failure");
  }

  @Test
  void noMutatedDocumentBreaksTheServer() {
    Mutations mutations = new Mutations(7);
    Set<Integer> answers = new TreeSet<>();
    for (int i = 0; i < 400; i++) {
      ObjectNode document = mutations.next();
      Kind kind =
          Kinds.all().stream()
              .filter(k -> k.kind().equals(document.path("kind").asText("")))
              .findFirst()
              .orElse(Kinds.VIRTUAL_SERVICE);
      String root = kind.group().isEmpty() ? "/api/v1" : "/apis/" + kind.apiVersion();
      String path = root + "/namespaces/default/" + kind.plural();
      int status = send("POST", path, document.toString()).statusCode();
      answers.add(status);
      HttpRequest.Builder apply =
          request("PATCH", path + "/a?fieldManager=x&force=true", document.toString());
      answers.add(
          send(apply.setHeader("Content-Type", "application/apply-patch+yaml")).statusCode());
    }
    assertThat(answers).isSubsetOf(200, 201, 400, 404, 409, 422).contains(201, 422);
  }

  @Test
  void refusesBodiesMadeToHurt() {
    String deep = "{\"metadata\":".repeat(2_000);
    assertThat(send("POST", RULES, deep).statusCode()).isEqualTo(400);
    String wide =
        rule("a", "").replace("\"host\"", "\"exportTo\":[" + "1,".repeat(20_000) + "1],\"host\"");
    assertThat(send("POST", RULES, wide).statusCode()).isEqualTo(400);
    String large =
        rule("a", ",\"annotations\":{\"x\":\"" + "y".repeat(Call.MAX_BODY_BYTES) + "\"}");
    assertThat(send("POST", RULES, large).statusCode()).isEqualTo(413);
  }

  @Test
  void statusIsWrittenAloneAndKeepsTheGeneration() {
    send("POST", RULES, rule("a", ""));
    String merge = "{\"spec\":{\"host\":\"ignored\"},\"status\":{\"observedGeneration\":1}}";
    HttpResponse<String> response =
        send(
            request("PATCH", RULES + "/a/status", merge)
                .setHeader("Content-Type", "application/merge-patch+json"));
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    JsonNode after = json(send("GET", RULES + "/a", "").body());
    assertThat(after.at("/status/observedGeneration").asInt()).isEqualTo(1);
    assertThat(after.at("/spec/host").asText()).isEqualTo("a");
    assertThat(after.at("/metadata/generation").asInt()).isEqualTo(1);
  }

  @Test
  void everyWriteAndEveryDeniedCallIsAudited() throws IOException {
    send("GET", RULES, "");
    send("POST", RULES, rule("a", ""));
    send("POST", RULES, rule("a", ""));
    send("DELETE", RULES + "/a", "");
    String viewer = "Bearer " + api.viewer();
    send(request("DELETE", RULES + "/a", "").setHeader("Authorization", viewer));
    send(request("GET", RULES, "").setHeader("Authorization", "Bearer sla1.stolen"));
    List<JsonNode> lines =
        Files.readAllLines(api.auditFile()).stream().map(ApiServerTest::json).toList();
    assertThat(lines)
        .extracting(
            l ->
                l.path("user").asText()
                    + " "
                    + l.path("request").asText().split(" ")[0]
                    + " "
                    + l.path("status").asInt())
        .containsExactly(
            "admin POST 201",
            "admin POST 409",
            "admin DELETE 200",
            "watcher DELETE 403",
            "- GET 401");
    assertThat(lines.get(0).path("requestSha256").asText())
        .isEqualTo(AuditLog.sha256(rule("a", "").getBytes(StandardCharsets.UTF_8)));
    assertThat(lines.get(0).path("beforeSha256").asText()).isEmpty();
    assertThat(lines.get(2).path("beforeSha256").asText()).as("what is gone").hasSize(64);
    assertThat(lines).extracting(l -> l.path("id").asText()).doesNotHaveDuplicates();
    assertThat(Files.readString(api.auditFile())).doesNotContain("sla1.");
    assertThat(AuditLog.verify(api.auditFile()).brokenAt()).isZero();
  }

  @Test
  void ownRoutesAnswerInTheirContract() {
    JsonNode token =
        json(send("POST", "/selvage/v1/tokens", "{\"namespace\":\"shop\",\"uses\":3}").body());
    assertThat(token.path("token").asText()).isEqualTo("slv1.shop.default.3");
    assertThat(send("POST", "/selvage/v1/tokens", "{\"uses\":0}").statusCode()).isEqualTo(400);
    assertThat(send("POST", "/selvage/v1/tokens", "{\"namespace\":\"A B\"}").statusCode())
        .isEqualTo(400);
    HttpResponse<String> why = send("POST", "/selvage/v1/why", "{\"from\":\"x\"}");
    assertThat(why.statusCode()).isEqualTo(404);
    assertThat(json(why.body()).path("message").asText()).startsWith("[SELV-7031]");
    HttpResponse<String> viewer =
        send(
            request("POST", "/selvage/v1/tokens", "{}")
                .setHeader("Authorization", "Bearer " + api.viewer()));
    assertThat(viewer.statusCode()).isEqualTo(403);
  }
}
