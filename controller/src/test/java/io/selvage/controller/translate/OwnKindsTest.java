package io.selvage.controller.translate;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Struct;
import io.selvage.controller.registry.WorkloadNode;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Kinds of selvage.io become metadata of Envoy's resources; problems become statuses. */
class OwnKindsTest {
  private static final String HOST = "reviews.default.svc.cluster.local";
  private static final WorkloadNode CALLER = Mesh.node("web", "default", "v1", 0, 0, "http");

  private static Mesh mesh() {
    return new Mesh()
        .runs(Mesh.node("reviews", "default", "v1", 9080, 19081, "http"))
        .runs(Mesh.node("ratings", "default", "v1", 9080, 19082, "http"))
        .runs(Mesh.node("reviews", "other", "v1", 9080, 19083, "http"));
  }

  static String policy(String name, String created, String spec) {
    return """
    apiVersion: selvage.io/v1
    kind: ResiliencePolicy
    metadata: {name: %s, namespace: default, creationTimestamp: "%s"}
    spec: %s
    """
        .formatted(name, created, spec);
  }

  private static Map<String, Struct> own(Mesh mesh, String cluster) {
    return mesh.by(CALLER).cluster(cluster).getMetadata().getFilterMetadataMap();
  }

  private static Map<String, List<String>> problems(Mesh mesh) {
    MeshView view = mesh.view();
    view.own().check(view);
    Map<String, List<String>> found = new java.util.TreeMap<>();
    view.problems()
        .read()
        .forEach(
            (key, list) ->
                found.put(
                    key.name(),
                    list.stream()
                        .map(p -> p.reason() + " " + p.field() + ": " + p.text())
                        .toList()));
    return found;
  }

  @Test
  void aPolicyTravelsOnTheClustersOfItsService() {
    Mesh mesh =
        mesh()
            .apply(
                policy(
                    "reviews",
                    "2026-01-01T00:00:00Z",
                    "{targetRefs: [{kind: Service, name: reviews}], circuitBreaker: {slidingWindowSize: 10, record: {statuses: [5xx]}, operations: [{name: a, pathPrefix: /a}]}, bulkhead: {maxConcurrentCalls: 5}}"));
    Struct resilience =
        own(mesh, "outbound|9080||" + HOST)
            .get("selvage")
            .getFieldsOrThrow("resilience")
            .getStructValue();
    assertThat(resilience.getFieldsOrThrow("policy").getStringValue()).isEqualTo("default/reviews");
    Struct breaker = resilience.getFieldsOrThrow("circuitBreaker").getStructValue();
    assertThat(breaker.getFieldsOrThrow("slidingWindowSize").getNumberValue()).isEqualTo(10);
    assertThat(
            breaker
                .getFieldsOrThrow("operations")
                .getListValue()
                .getValues(0)
                .getStructValue()
                .getFieldsOrThrow("pathPrefix")
                .getStringValue())
        .isEqualTo("/a");
    assertThat(own(mesh, "outbound|9080||ratings.default.svc.cluster.local"))
        .doesNotContainKey("selvage");
    assertThat(own(mesh, "outbound|9080||reviews.other.svc.cluster.local"))
        .as("another namespace's service of the same name")
        .doesNotContainKey("selvage");
    assertThat(problems(mesh)).isEmpty();
  }

  @Test
  void theOldestPolicyOfASectionWinsAndTheOtherIsTold() {
    String target = "targetRefs: [{kind: Service, name: reviews}]";
    Mesh mesh =
        mesh()
            .apply(
                policy(
                    "young",
                    "2026-02-01T00:00:00Z",
                    "{" + target + ", bulkhead: {maxConcurrentCalls: 9}, circuitBreaker: {}}"))
            .apply(
                policy(
                    "old",
                    "2026-01-01T00:00:00Z",
                    "{" + target + ", bulkhead: {maxConcurrentCalls: 5}}"));
    Struct resilience =
        own(mesh, "outbound|9080||" + HOST)
            .get("selvage")
            .getFieldsOrThrow("resilience")
            .getStructValue();
    assertThat(resilience.getFieldsOrThrow("policy").getStringValue())
        .isEqualTo("default/old,default/young");
    assertThat(
            resilience
                .getFieldsOrThrow("bulkhead")
                .getStructValue()
                .getFieldsOrThrow("maxConcurrentCalls")
                .getNumberValue())
        .isEqualTo(5);
    assertThat(problems(mesh))
        .containsOnlyKeys("young")
        .hasEntrySatisfying(
            "young",
            list ->
                assertThat(list)
                    .singleElement()
                    .asString()
                    .startsWith("CONFLICT spec.bulkhead: " + HOST + ":9080 keeps to")
                    .contains("default/old"));
  }

  @Test
  void aTargetThatIsNotThereIsNamed() {
    Mesh mesh =
        mesh()
            .apply(
                policy(
                    "lost",
                    "2026-01-01T00:00:00Z",
                    "{targetRefs: [{kind: Service, name: reviews, sectionName: https}, {kind: Service, name: nobody}], bulkhead: {}}"));
    assertThat(problems(mesh).get("lost"))
        .containsExactly(
            "UNRESOLVED spec.targetRefs[0]: no Service default/reviews with a port named https",
            "UNRESOLVED spec.targetRefs[1]: no Service default/nobody");
  }

  @Test
  void aServiceEntryIsATarget() {
    Mesh mesh =
        mesh()
            .apply(
                """
                apiVersion: networking.istio.io/v1
                kind: ServiceEntry
                metadata: {name: bank, namespace: default}
                spec: {hosts: [bank.example], ports: [{number: 80, name: http, protocol: HTTP}, {number: 81, name: other, protocol: HTTP}], resolution: DNS}
                """)
            .apply(
                policy(
                    "bank",
                    "2026-01-01T00:00:00Z",
                    "{targetRefs: [{group: networking.istio.io, kind: ServiceEntry, name: bank, sectionName: http}], bulkhead: {}}"));
    assertThat(own(mesh, "outbound|80||bank.example")).containsKey("selvage");
    assertThat(own(mesh, "outbound|81||bank.example")).doesNotContainKey("selvage");
    assertThat(problems(mesh)).isEmpty();
  }
}
