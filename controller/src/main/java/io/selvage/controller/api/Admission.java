package io.selvage.controller.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selvage.controller.resource.Kind;
import io.selvage.controller.resource.Kinds;
import io.selvage.controller.resource.validate.Validation;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What a document must pass before it is stored. */
final class Admission {
  private static final Pattern STEP = Pattern.compile("([^.\\[\\]]+)|\\[([^\\]]*)\\]");

  /** Warning with each Gateway that is written. */
  static final String NOT_SERVED = Kinds.GATEWAY_NOT_SERVED;

  private Admission() {}

  /**
   * Checks that kind, version, namespace and name agree with the address, and fills those that the
   * document leaves out.
   *
   * @param name name in the address; empty for a create
   */
  static void identify(ObjectNode document, Target target, String name) {
    Kind kind = target.kind();
    String apiVersion = document.path("apiVersion").asText("");
    if (!apiVersion.isEmpty() && !kind.serves(apiVersion)) {
      throw ApiFailure.badRequest(
          "the API version in the data ("
              + apiVersion
              + ") does not match the expected API version ("
              + target.apiVersion()
              + ")");
    }
    String foundKind = document.path("kind").asText("");
    if (!foundKind.isEmpty() && !foundKind.equals(kind.kind())) {
      throw ApiFailure.badRequest(
          "the kind in the data ("
              + foundKind
              + ") does not match the expected kind ("
              + kind
              + ")");
    }
    document.put("apiVersion", target.apiVersion()).put("kind", kind.kind());
    if (document.hasNonNull("metadata") && !document.get("metadata").isObject()) {
      throw ApiFailure.badRequest("metadata must be an object");
    }
    document.putIfAbsent("metadata", document.objectNode());
    if (document.get("metadata").isNull()) {
      document.putObject("metadata");
    }
    ObjectNode metadata = document.withObject("/metadata");
    if (kind.namespaced()) {
      String namespace = metadata.path("namespace").asText("");
      if (!namespace.isEmpty() && !namespace.equals(target.namespace())) {
        throw ApiFailure.badRequest(
            "the namespace of the provided object does not match the namespace sent on the request");
      }
      metadata.put("namespace", target.namespace());
    } else {
      metadata.remove("namespace");
    }
    if (!name.isEmpty()) {
      String found = metadata.path("name").asText("");
      if (!found.isEmpty() && !found.equals(name)) {
        throw ApiFailure.badRequest(
            "the name of the object ("
                + found
                + ") does not match the name on the URL ("
                + name
                + ")");
      }
      metadata.put("name", name);
    }
  }

  /**
   * Refuses what is invalid; deals with unknown fields as asked, but always refuses them in
   * security kinds, because a misspelt condition must not widen a policy.
   *
   * @return warnings for the caller
   */
  static List<String> check(Kind kind, ObjectNode document, WriteOptions options) {
    Validation validation = Validation.of(kind, document);
    List<String> unknown =
        validation.unknownFields().stream().map(f -> "unknown field \"" + f + "\"").toList();
    if (!unknown.isEmpty() && (options.validation().equals("Strict") || kind.security())) {
      throw ApiFailure.badRequest(
          kind
              + " in version \""
              + version(document)
              + "\" cannot be handled as a "
              + kind
              + ": strict decoding error: "
              + unknown.stream().collect(Collectors.joining(", ")));
    }
    if (!validation.violations().isEmpty()) {
      String name = document.path("metadata").path("name").asText("");
      throw ApiFailure.invalid(kind, name, validation.violations());
    }
    validation.unknownFields().forEach(f -> prune(document, f));
    List<String> warnings =
        new ArrayList<>(options.validation().equals("Ignore") ? List.of() : unknown);
    if (kind == Kinds.GATEWAY) {
      warnings.add(NOT_SERVED);
    }
    return warnings;
  }

  private static String version(ObjectNode document) {
    String apiVersion = document.path("apiVersion").asText("");
    return apiVersion.substring(apiVersion.indexOf('/') + 1);
  }

  private static void prune(ObjectNode document, String path) {
    JsonNode at = document;
    JsonNode parent = document;
    String last = "";
    Matcher steps = STEP.matcher(path);
    while (steps.find()) {
      parent = at;
      last = steps.group(1) != null ? steps.group(1) : steps.group(2);
      at =
          parent instanceof ArrayNode array && last.matches("\\d+")
              ? array.path(Integer.parseInt(last))
              : parent.path(last);
    }
    if (parent instanceof ObjectNode object) {
      object.remove(last);
    }
  }
}
