package io.selvage.controller.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.selvage.controller.resource.Kinds;
import io.selvage.controller.resource.ViolationCode;
import io.selvage.controller.resource.YamlDocuments;
import io.selvage.controller.store.EmbeddedStore;
import io.selvage.controller.testing.TestApi;
import io.selvage.controller.testing.TestClient;
import io.selvage.controller.translate.Preview;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Traffic policy that cannot mean what it says: refused over HTTP by path, code and fix. */
class BadInputTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;
  private EmbeddedStore store;
  private TestApi api;

  @BeforeEach
  void start() throws Exception {
    store = EmbeddedStore.inMemory();
    api = new TestApi(folder, store);
  }

  @AfterEach
  void stop() {
    api.close();
    store.close();
  }

  private JsonNode posted(String kind, String plural, String spec) throws Exception {
    String yaml =
        "apiVersion: networking.istio.io/v1\nkind: "
            + kind
            + "\nmetadata: {name: bad}\nspec:\n"
            + spec.indent(2);
    HttpRequest request =
        HttpRequest.newBuilder(
                URI.create(
                    api.url()
                        + "/apis/networking.istio.io/v1/namespaces/default/"
                        + plural
                        + "?fieldValidation=Strict"))
            .header("Authorization", "Bearer " + api.admin())
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(YamlDocuments.parse(yaml).get(0).toString()))
            .build();
    HttpResponse<String> answer =
        new TestClient(api).http().send(request, HttpResponse.BodyHandlers.ofString());
    return JSON.readTree(answer.body());
  }

  private void refused(String spec, String field, ViolationCode code, String words)
      throws Exception {
    JsonNode status = posted("VirtualService", "virtualservices", spec);
    assertThat(status.path("code").asInt()).as(status.toString()).isEqualTo(422);
    JsonNode cause = status.at("/details/causes/0");
    assertThat(cause.path("field").asText()).isEqualTo(field);
    assertThat(cause.path("message").asText()).contains(words).contains(code.code());
    assertThat(status.path("message").asText()).contains(field).contains("Fix: ");
    assertThat(
            store
                .snapshot()
                .list(Kinds.byApiVersion("networking.istio.io/v1", "VirtualService").orElseThrow()))
        .isEmpty();
  }

  private static String http(String rule) {
    return "hosts: [reviews]\nhttp:\n- " + rule.indent(2).trim();
  }

  private static final String ROUTE = "route: [{destination: {host: reviews}}]";

  @Test
  void regexThatIsInvalid() throws Exception {
    refused(
        http("match: [{uri: {regex: 'a('}}]\n" + ROUTE),
        "spec.http[0].match[0].uri.regex",
        ViolationCode.REGEX,
        "not an RE2 expression: ");
  }

  @Test
  void regexThatIsTooLarge() throws Exception {
    refused(
        http("match: [{uri: {regex: '" + "a".repeat(4097) + "'}}]\n" + ROUTE),
        "spec.http[0].match[0].uri.regex",
        ViolationCode.REGEX,
        "longer than 4096 characters");
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0, total destination weight = 0",
    "4294967295, 1, total destination weight 4294967296 exceeds 4294967295"
  })
  void weightsThatDoNotAddUp(String one, String other, String words) throws Exception {
    JsonNode status =
        posted(
            "VirtualService",
            "virtualservices",
            http(
                "route: [{destination: {host: a}, weight: "
                    + one
                    + "}, {destination: {host: b}, weight: "
                    + other
                    + "}]"));
    assertThat(status.path("code").asInt()).isEqualTo(422);
    assertThat(status.path("message").asText()).contains("spec.http[0].route").contains("Fix: ");
    if (one.equals("0")) {
      assertThat(status.path("message").asText()).contains(words);
    }
  }

  @Test
  void loopOfDelegates() throws Exception {
    refused(
        "http: [{delegate: {name: bad}}]",
        "spec.http[0].delegate",
        ViolationCode.MEANING,
        "a delegate may not delegate further");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "timeout: -1s | timeout | RANGE | valid duration greater than 1ms",
        "timeout: 1us | timeout | RANGE | valid duration greater than 1ms",
        "timeout: 99999999999h | timeout | FORMAT | must be a duration",
        "fault: {delay: {fixedDelay: -5s}} | fault.delay.fixedDelay | RANGE | must be"
      })
  void durationThatIsOutOfRange(String rule, String field, ViolationCode code, String words)
      throws Exception {
    refused(http(rule + "\n" + ROUTE), "spec.http[0]." + field, code, words);
  }

  @Test
  void hostThatIsNone() throws Exception {
    refused(
        http("route: [{destination: {host: 'a b'}}]"),
        "spec.http[0].route[0].destination.host",
        ViolationCode.HOST,
        "must be a DNS name");
  }

  @Test
  void mirrorBesideMirrors() throws Exception {
    refused(
        http(ROUTE + "\nmirror: {host: a}\nmirrors: [{destination: {host: b}}]"),
        "spec.http[0].mirrors",
        ViolationCode.ONE_OF,
        "mirror and mirrors exclude each other");
  }

  /** Order of documents must not matter, so a host that is not there yet is a status. */
  @Test
  void hostOrSubsetThatIsUnknownIsInTheStatus() {
    String yaml =
        """
        apiVersion: v1
        kind: Service
        metadata: {name: reviews}
        spec: {ports: [{name: http, port: 9080}], selector: {app: reviews}}
        ---
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: reviews}
        spec:
          hosts: [reviews]
          http: [{route: [{destination: {host: nobody}, weight: 1}, {destination: {host: reviews, subset: v9}, weight: 1}]}]
        """;
    String node =
        """
        {"id": "sidecar~10.0.0.1~a-1.default~default.svc.cluster.local",
         "metadata": {"NAMESPACE": "default", "SERVICE_ACCOUNT": "a", "WORKLOAD_NAME": "a", "INSTANCE_IPS": ["10.0.0.1"],
          "SELVAGE": {"agent": "test", "instance": "i", "service": "a", "ports": []}}}
        """;
    List<String> said =
        Preview.problems(yaml, List.of(node), 0, "cluster.local", api.rootPem())
            .get("VirtualService default/reviews");
    assertThat(said)
        .contains(
            "spec.http[0].route[0].destination: no service nobody.default.svc.cluster.local",
            "spec.http[0].route[1].destination: no DestinationRule gives"
                + " reviews.default.svc.cluster.local the subset v9");
  }
}
