package io.selvage.controller.translate;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.util.JsonFormat;
import io.envoyproxy.envoy.extensions.filters.http.rbac.v3.RBAC;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import io.envoyproxy.envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig;
import io.selvage.controller.registry.WorkloadNode;
import io.selvage.controller.testing.SharedData;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Istio's own cases of AuthorizationPolicy to RBAC, where the shared data is at hand. */
class AuthorizationCasesTest {
  private static final JsonFormat.TypeRegistry TYPES =
      JsonFormat.TypeRegistry.newBuilder()
          .add(RBAC.getDescriptor())
          .add(UriTemplateMatchConfig.getDescriptor())
          .build();

  @TestFactory
  List<DynamicTest> buildsWhatIstioBuilds() throws Exception {
    Path folder = SharedData.istio("authz-builder");
    List<DynamicTest> tests = new ArrayList<>();
    for (JsonNode each :
        new ObjectMapper().readTree(folder.resolve("CASES.json").toFile()).path("http")) {
      // CUSTOM is not served yet: such a workload is closed instead
      if (!each.path("name").asText().startsWith("custom")) {
        tests.add(DynamicTest.dynamicTest(each.path("name").asText(), () -> check(folder, each)));
      }
    }
    assertThat(tests).hasSizeGreaterThanOrEqualTo(9);
    return tests;
  }

  private static void check(Path folder, JsonNode test) throws Exception {
    Mesh mesh = new Mesh();
    if (test.hasNonNull("trustDomain")) {
      List<String> aliases = new ArrayList<>();
      test.path("trustDomain").path("aliases").forEach(a -> aliases.add(a.asText()));
      mesh.settings =
          new MeshSettings(
              test.path("trustDomain").path("trustDomain").asText(),
              aliases,
              "cluster.local",
              "istio-system",
              true);
    }
    mesh.apply(Files.readString(folder.resolve("http").resolve(test.path("input").asText())));
    WorkloadNode node = Mesh.envoy(Mesh.node("httpbin", "foo", "v1", 80, 8080, "http"));
    List<HttpFilter> built = new Authorization(mesh.view(), node, new Problems()).httpFilters();
    assertThat(built).hasSize(test.path("want").size());
    for (int i = 0; i < built.size(); i++) {
      String yaml =
          Files.readString(folder.resolve("http").resolve(test.path("want").get(i).asText()));
      ObjectNode wanted = Mesh.documents(yaml).get(0);
      HttpFilter.Builder filter = HttpFilter.newBuilder();
      JsonFormat.parser().usingTypeRegistry(TYPES).merge(wanted.toString(), filter);
      assertThat(json(built.get(i))).isEqualTo(json(filter.build()));
    }
  }

  // compared as JSON trees: the order of map entries is of no meaning
  private static JsonNode json(HttpFilter filter) throws Exception {
    return new ObjectMapper().readTree(JsonFormat.printer().usingTypeRegistry(TYPES).print(filter));
  }
}
