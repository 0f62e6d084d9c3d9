package io.selvage.controller.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selvage.controller.resource.Kind;
import io.selvage.controller.resource.schema.Schemas;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.CRC32;

/** OpenAPI v3 documents, one per group version, made from the schemas; cached. */
final class OpenApi {
  /** kubectl asks for version 2 only about kinds that it did not find in version 3. */
  static final String EMPTY_V2_TYPE = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

  /** {@code swagger: "2.0"} in protobuf: no kinds, so that the client says that it knows none. */
  static final byte[] EMPTY_V2 = {10, 3, '2', '.', '0'};

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final String META = "io.k8s.apimachinery.pkg.apis.meta.v1.";
  private static final String REFERENCE = "#/components/schemas/";
  private static final Map<String, ObjectNode> DOCUMENTS = new ConcurrentHashMap<>();

  private OpenApi() {}

  static ObjectNode index() {
    ObjectNode index = JSON.objectNode();
    ObjectNode paths = index.putObject("paths");
    for (String path : Discovery.openApiPaths()) {
      CRC32 hash = new CRC32();
      hash.update(document(path).toString().getBytes(StandardCharsets.UTF_8));
      String url = "/openapi/v3/" + path + "?hash=" + Long.toHexString(hash.getValue());
      paths.putObject(path).put("serverRelativeURL", url);
    }
    return index;
  }

  /** The document at {@code api/v1} or {@code apis/GROUP/VERSION}. */
  static ObjectNode document(String path) {
    if (!Discovery.openApiPaths().contains(path)) {
      throw ApiFailure.notFoundRoute();
    }
    return DOCUMENTS.computeIfAbsent(path, OpenApi::build);
  }

  private static ObjectNode build(String path) {
    String[] parts = path.split("/");
    String group = parts.length == 3 ? parts[1] : "";
    String version = parts[parts.length - 1];
    ObjectNode document = JSON.objectNode().put("openapi", "3.0.0");
    document.putObject("info").put("title", "Selvage").put("version", version);
    ObjectNode paths = document.putObject("paths");
    ObjectNode schemas = document.putObject("components").putObject("schemas");
    Schemas source = Schemas.get();
    source
        .sharedTypes()
        .forEach((name, type) -> schemas.set(META + name, published(type, META, source)));
    for (Kind kind : Discovery.kinds(group, version)) {
      String prefix = prefix(group, version);
      source
          .types(kind)
          .forEach((name, type) -> schemas.set(prefix + name, published(type, prefix, source)));
      ObjectNode root = (ObjectNode) published(source.document(kind), prefix, source);
      gvk(root.putArray("x-kubernetes-group-version-kind").addObject(), kind, version);
      schemas.set(prefix + kind.kind(), root);
      paths(paths, "/" + path, kind, version, prefix);
    }
    return document;
  }

  private static String prefix(String group, String version) {
    if (group.isEmpty()) {
      return "io.k8s.api.core.v1.";
    }
    // networking.istio.io becomes io.istio.networking, as Kubernetes names types
    List<String> labels = new java.util.ArrayList<>(List.of(group.split("\\.")));
    java.util.Collections.reverse(labels);
    return String.join(".", labels) + "." + version + ".";
  }

  /** A copy with full references; siblings of a reference move beside an {@code allOf}. */
  private static JsonNode published(JsonNode node, String prefix, Schemas source) {
    if (node instanceof ArrayNode array) {
      ArrayNode copy = JSON.arrayNode();
      array.forEach(item -> copy.add(published(item, prefix, source)));
      return copy;
    }
    if (!(node instanceof ObjectNode object)) {
      return node;
    }
    ObjectNode copy = JSON.objectNode();
    object
        .properties()
        .forEach(
            e -> {
              if (!e.getKey().equals("$ref") && !e.getKey().startsWith("x-selvage-")) {
                copy.set(e.getKey(), published(e.getValue(), prefix, source));
              }
            });
    String name = object.path("$ref").asText("");
    if (!name.isEmpty()) {
      String full = (source.sharedTypes().containsKey(name) ? META : prefix) + name;
      copy.putArray("allOf").addObject().put("$ref", REFERENCE + full);
    }
    return copy;
  }

  private static void paths(
      ObjectNode paths, String base, Kind kind, String version, String prefix) {
    String collection =
        base + (kind.namespaced() ? "/namespaces/{namespace}/" : "/") + kind.plural();
    ObjectNode many = paths.putObject(collection);
    operation(many, "get", "list", kind, version, prefix);
    operation(many, "post", "post", kind, version, prefix);
    ObjectNode one = paths.putObject(collection + "/{name}");
    operation(one, "get", "get", kind, version, prefix);
    operation(one, "put", "put", kind, version, prefix);
    operation(one, "delete", "delete", kind, version, prefix);
    ObjectNode patch = operation(one, "patch", "patch", kind, version, prefix);
    ObjectNode content = patch.putObject("requestBody").putObject("content");
    for (String type : Patches.supported(kind)) {
      content.putObject(type).putObject("schema").put("type", "object");
    }
  }

  private static ObjectNode operation(
      ObjectNode path, String method, String action, Kind kind, String version, String prefix) {
    ObjectNode operation = path.putObject(method);
    operation.put("operationId", action + version + kind.kind());
    operation.put("x-kubernetes-action", action.toLowerCase(Locale.ROOT));
    gvk(operation.putObject("x-kubernetes-group-version-kind"), kind, version);
    ArrayNode parameters = operation.putArray("parameters");
    if (!method.equals("get")) {
      for (String name : List.of("dryRun", "fieldManager", "fieldValidation")) {
        ObjectNode parameter = parameters.addObject().put("name", name).put("in", "query");
        parameter.putObject("schema").put("type", "string");
      }
    }
    operation
        .putObject("responses")
        .putObject("200")
        .put("description", "OK")
        .putObject("content")
        .putObject("application/json")
        .putObject("schema")
        .put("$ref", REFERENCE + prefix + kind.kind());
    return operation;
  }

  private static void gvk(ObjectNode to, Kind kind, String version) {
    to.put("group", kind.group()).put("version", version).put("kind", kind.kind());
  }
}
