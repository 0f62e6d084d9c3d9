package io.selvage.controller.resource.view;

import com.fasterxml.jackson.databind.JsonNode;
import io.selvage.controller.resource.Checked;
import io.selvage.controller.resource.Resource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Kubernetes' core ConfigMap: named texts. */
public record ConfigMap(Resource source, Map<String, String> data) {

  /** Reads the texts; bytes are not looked at. */
  public static Checked<ConfigMap> parse(Resource resource) {
    Map<String, String> data = new LinkedHashMap<>();
    JsonNode texts = resource.json().path("data");
    texts.properties().forEach(e -> data.put(e.getKey(), e.getValue().asText("")));
    return Checked.of(new ConfigMap(resource, Map.copyOf(data)), List.of());
  }
}
