package io.selvage.controller.resource.schema;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.selvage.controller.resource.Kind;
import io.selvage.controller.resource.Kinds;
import io.selvage.controller.testing.SharedData;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Every property, version, short name, column and enum value of Istio's CRDs is known to us. */
class PublishedSchemaTest {
  private final List<String> missing = new ArrayList<>();
  private int properties;

  @Test
  void everyPropertyOfTheCrdsIsKnown() {
    Set<String> kinds = new HashSet<>();
    for (JsonNode crd : SharedData.documents(SharedData.istio("crds/crd-all.gen.yaml"))) {
      JsonNode names = crd.path("spec").path("names");
      Kinds.byPlural(crd.at("/spec/group").asText(), names.path("plural").asText())
          .ifPresent(
              kind -> {
                kinds.add(kind.kind());
                compare(kind, crd);
              });
    }
    assertThat(kinds).hasSize(9);
    // a rule that demands a token is not served; being unknown, the field is refused
    missing.removeIf("RequestAuthentication.spec.jwtRules[].presence"::equals);
    assertThat(missing).isEmpty();
    assertThat(properties).isGreaterThan(1000);
  }

  private void compare(Kind kind, JsonNode crd) {
    List<String> shortNames = new ArrayList<>();
    crd.at("/spec/names/shortNames").forEach(n -> shortNames.add(n.asText()));
    assertThat(kind.shortNames()).containsExactlyElementsOf(shortNames);
    List<String> versions = new ArrayList<>();
    for (JsonNode version : crd.at("/spec/versions")) {
      versions.add(version.path("name").asText());
      JsonNode schema = version.at("/schema/openAPIV3Schema");
      compare(kind.kind(), schema, Schemas.get().of(kind));
      JsonNode columns = version.path("additionalPrinterColumns");
      if (columns.isArray()) {
        assertThat(columns)
            .extracting(c -> c.path("name").asText() + " " + c.path("jsonPath").asText())
            .containsExactlyElementsOf(
                Schemas.get().columns(kind).stream()
                    .map(c -> c.name() + " " + c.jsonPath())
                    .toList());
      }
    }
    assertThat(kind.versions()).containsExactlyInAnyOrderElementsOf(versions);
  }

  private void compare(String path, JsonNode theirs, Schema ours) {
    if (theirs.has("type") && !theirs.path("type").asText().equals(ours.type())) {
      missing.add(path + ": type " + theirs.path("type").asText() + ", ours " + ours.type());
    }
    theirs
        .path("enum")
        .forEach(
            value -> {
              if (!ours.values().contains(value.asText())) {
                missing.add(path + ": enum " + value.asText());
              }
            });
    theirs
        .path("properties")
        .properties()
        .forEach(
            e -> {
              properties++;
              Schema known = ours.properties().get(e.getKey());
              String child = path + "." + e.getKey();
              if (known == null) {
                missing.add(child);
              } else {
                compare(child, e.getValue(), known);
              }
            });
    Schema items = ours.items();
    if (theirs.has("items") && items != null) {
      compare(path + "[]", theirs.get("items"), items);
    }
    Schema additional = ours.additional();
    if (theirs.path("additionalProperties").isObject() && additional != null) {
      compare(path + "{}", theirs.get("additionalProperties"), additional);
    }
  }
}
