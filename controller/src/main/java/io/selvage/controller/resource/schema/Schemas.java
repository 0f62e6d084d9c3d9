package io.selvage.controller.resource.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selvage.controller.resource.Durations;
import io.selvage.controller.resource.Kind;
import io.selvage.controller.resource.Kinds;
import io.selvage.controller.resource.YamlDocuments;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The schemas of all kinds, read once from the resources; immutable. */
public final class Schemas {
  private static final Schemas INSTANCE = new Schemas();

  private final ObjectNode meta = load("meta");
  private final Map<String, ObjectNode> files = new HashMap<>();
  private final Map<Kind, Schema> documents = new HashMap<>();
  private final Map<Kind, List<Schema.Column>> columns = new HashMap<>();
  private final Schema deleteOptions;

  private Schemas() {
    for (Kind kind : Kinds.all()) {
      ObjectNode file = files.computeIfAbsent(fileOf(kind), Schemas::load);
      documents.put(kind, resolve(document(kind), file));
      columns.put(kind, readColumns(file.path("kinds").path(kind.kind()).path("columns")));
    }
    deleteOptions = resolve(type("DeleteOptions", meta), meta);
  }

  public static Schemas get() {
    return INSTANCE;
  }

  /** Schema of a whole document of the kind. */
  public Schema of(Kind kind) {
    return known(documents.get(kind));
  }

  /** Columns after the name, in order. */
  public List<Schema.Column> columns(Kind kind) {
    return known(columns.get(kind));
  }

  public Schema deleteOptions() {
    return deleteOptions;
  }

  /** What the kind is for, in one sentence. */
  public String description(Kind kind) {
    return entry(kind).path("description").asText();
  }

  /** Named types of the kind's group as written, references by bare name. */
  public Map<String, ObjectNode> types(Kind kind) {
    return objects(known(files.get(fileOf(kind))).path("components").path("schemas"));
  }

  /** Named types shared by all groups as written. */
  public Map<String, ObjectNode> sharedTypes() {
    return objects(meta.path("components").path("schemas"));
  }

  /** The kind's document as written: properties with references by bare name. */
  public ObjectNode document(Kind kind) {
    JsonNode entry = entry(kind);
    ObjectNode document = JsonNodeFactory.instance.objectNode();
    document.put("type", "object").put("description", entry.path("description").asText());
    ObjectNode properties = document.putObject("properties");
    properties
        .putObject("apiVersion")
        .put("type", "string")
        .put("description", "Group and version of the kind.");
    properties.putObject("kind").put("type", "string").put("description", "Name of the kind.");
    properties.putObject("metadata").put("$ref", "ObjectMeta");
    if (entry.has("fields")) {
      // a kind of plain data, without wanted and found state
      entry.path("fields").properties().forEach(e -> properties.set(e.getKey(), e.getValue()));
      return document;
    }
    properties.putObject("spec").put("$ref", entry.path("spec").asText());
    properties.putObject("status").put("$ref", entry.path("status").asText("Status"));
    if (entry.path("specRequired").asBoolean()) {
      document.putArray("required").add("spec");
    }
    return document;
  }

  private JsonNode entry(Kind kind) {
    return known(files.get(fileOf(kind))).path("kinds").path(kind.kind());
  }

  private static String fileOf(Kind kind) {
    return kind.group().isEmpty() ? "core" : kind.group();
  }

  private Schema resolve(JsonNode node, ObjectNode file) {
    String reference = node.path("$ref").asText("");
    if (!reference.isEmpty()) {
      ObjectNode merged = type(reference, file).deepCopy();
      if (node.has("description")) {
        merged.set("description", node.get("description"));
      }
      return resolve(merged, file);
    }
    return new Schema(
        node.path("type").asText(""),
        node.path("format").asText(""),
        node.path("description").asText(""),
        resolveAll(node.path("properties"), file),
        node.has("items") ? resolve(node.get("items"), file) : null,
        node.has("additionalProperties") ? resolve(node.get("additionalProperties"), file) : null,
        texts(node.path("required")),
        texts(node.path("enum")),
        bounds(node),
        textOrNull(node, "pattern"),
        node.path("x-kubernetes-int-or-string").asBoolean(),
        node.path("x-kubernetes-preserve-unknown-fields").asBoolean(),
        texts(node.path("x-selvage-at-most-one")),
        Durations.parse(node.path("x-selvage-at-least").asText("none")),
        node.path("x-kubernetes-list-type").asText("").equals("set"),
        texts(node.path("x-kubernetes-list-map-keys")),
        textOrNull(node, "x-kubernetes-patch-merge-key"),
        node.path("x-kubernetes-patch-strategy").asText("").equals("merge"));
  }

  private Map<String, Schema> resolveAll(JsonNode properties, ObjectNode file) {
    Map<String, Schema> resolved = new LinkedHashMap<>();
    properties.properties().forEach(e -> resolved.put(e.getKey(), resolve(e.getValue(), file)));
    return Collections.unmodifiableMap(resolved);
  }

  private ObjectNode type(String name, ObjectNode file) {
    for (ObjectNode place : List.of(file, meta)) {
      if (place.path("components").path("schemas").path(name) instanceof ObjectNode found) {
        return found;
      }
    }
    throw new IllegalStateException("schema type " + name + " is not defined");
  }

  private static Schema.Bounds bounds(JsonNode node) {
    return new Schema.Bounds(
        node.has("minimum") ? Double.valueOf(node.get("minimum").asDouble()) : null,
        node.has("maximum") ? Double.valueOf(node.get("maximum").asDouble()) : null,
        integer(node, "minLength"),
        integer(node, "maxLength"),
        integer(node, "minItems"),
        integer(node, "maxItems"),
        integer(node, "maxProperties"));
  }

  private static List<Schema.Column> readColumns(JsonNode list) {
    List<Schema.Column> columns = new ArrayList<>();
    for (JsonNode c : list) {
      columns.add(
          new Schema.Column(
              c.path("name").asText(),
              c.path("type").asText(),
              c.path("format").asText(""),
              c.path("jsonPath").asText(),
              c.path("description").asText(),
              c.path("priority").asInt(0),
              c.path("absent").asText("")));
    }
    return List.copyOf(columns);
  }

  private static @Nullable Integer integer(JsonNode node, String name) {
    return node.has(name) ? Integer.valueOf(node.get(name).asInt()) : null;
  }

  private static @Nullable String textOrNull(JsonNode node, String name) {
    return node.has(name) ? node.get(name).asText() : null;
  }

  private static List<String> texts(JsonNode list) {
    List<String> texts = new ArrayList<>();
    list.forEach(t -> texts.add(t.asText()));
    return List.copyOf(texts);
  }

  private static Map<String, ObjectNode> objects(JsonNode node) {
    Map<String, ObjectNode> objects = new LinkedHashMap<>();
    node.properties()
        .forEach(
            e -> {
              if (e.getValue() instanceof ObjectNode object) {
                objects.put(e.getKey(), object);
              }
            });
    return objects;
  }

  private static <T> T known(@Nullable T value) {
    if (value == null) {
      throw new IllegalArgumentException("a kind outside the catalogue");
    }
    return value;
  }

  private static ObjectNode load(String name) {
    String path = "/schema/" + name + ".yaml";
    try (InputStream in = Schemas.class.getResourceAsStream(path)) {
      if (in == null) {
        throw new IllegalStateException("missing resource " + path);
      }
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return (ObjectNode) YamlDocuments.parse(text).get(0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (YamlDocuments.MalformedException e) {
      throw new IllegalStateException(path + ": " + e.getMessage(), e);
    }
  }
}
