package io.selvage.controller.resource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * One stored object: identity plus the JSON that the user wrote.
 *
 * <p>Immutable by contract: nobody may change the node returned by {@link #json()}; a change starts
 * from {@link #copyOfJson()}. Safe for use by any thread.
 */
public final class Resource {
  private final ResourceKey key;
  private final long resourceVersion;
  private final ObjectNode json;
  private final Map<String, String> labels;
  private final Map<String, String> annotations;

  private Resource(ResourceKey key, long resourceVersion, ObjectNode json) {
    this.key = key;
    this.resourceVersion = resourceVersion;
    this.json = json;
    this.labels = stringMap(json.path("metadata").path("labels"));
    this.annotations = stringMap(json.path("metadata").path("annotations"));
  }

  /**
   * Wraps a document; the caller gives up ownership of {@code json}.
   *
   * @param json document with {@code metadata.name}; {@code metadata.namespace} for namespaced
   *     kinds
   * @param resourceVersion revision of the write that made it; 0 while it is not stored
   */
  public static Resource of(Kind kind, ObjectNode json, long resourceVersion) {
    JsonNode metadata = json.path("metadata");
    String namespace = kind.namespaced() ? metadata.path("namespace").asText("default") : "";
    return new Resource(
        new ResourceKey(kind, namespace, metadata.path("name").asText("")), resourceVersion, json);
  }

  public ResourceKey key() {
    return key;
  }

  public Kind kind() {
    return key.kind();
  }

  /** Namespace; empty for cluster-scoped kinds. */
  public String namespace() {
    return key.namespace();
  }

  public String name() {
    return key.name();
  }

  public String uid() {
    return json.path("metadata").path("uid").asText("");
  }

  /** Counts changes of the wanted state; a status write does not raise it. */
  public long generation() {
    return json.path("metadata").path("generation").asLong(0);
  }

  public long resourceVersion() {
    return resourceVersion;
  }

  /**
   * When it was created; the epoch if unknown. Earlier creation wins ties between rules, as
   * Istio's.
   */
  public Instant created() {
    try {
      return Instant.parse(json.path("metadata").path("creationTimestamp").asText(""));
    } catch (DateTimeParseException e) {
      return Instant.EPOCH;
    }
  }

  public Map<String, String> labels() {
    return labels;
  }

  public Map<String, String> annotations() {
    return annotations;
  }

  /** The whole document, {@code metadata} and {@code status} included; never to be modified. */
  public ObjectNode json() {
    return json;
  }

  /** The {@code spec} object; an empty one if absent. Never to be modified. */
  public ObjectNode spec() {
    return json.get("spec") instanceof ObjectNode spec
        ? spec
        : JsonNodeFactory.instance.objectNode();
  }

  /** A deep copy that the caller may change. */
  public ObjectNode copyOfJson() {
    return json.deepCopy();
  }

  private static Map<String, String> stringMap(JsonNode node) {
    Map<String, String> map = new LinkedHashMap<>();
    node.properties().forEach(e -> map.put(e.getKey(), e.getValue().asText("")));
    return Collections.unmodifiableMap(map);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Resource that
        && key.equals(that.key)
        && resourceVersion == that.resourceVersion
        && json.equals(that.json);
  }

  @Override
  public int hashCode() {
    return Objects.hash(key, resourceVersion);
  }

  /** Identity and version only, so that no value from the document reaches a log. */
  @Override
  public String toString() {
    return key + "@" + resourceVersion;
  }
}
