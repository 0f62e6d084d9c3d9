package io.selvage.controller.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selvage.controller.resource.Kind;
import java.util.ArrayList;
import java.util.List;

/** JSON merge patch (RFC 7386) and JSON patch (RFC 6902). */
final class Patches {
  static final String MERGE = "application/merge-patch+json";
  static final String JSON_PATCH = "application/json-patch+json";
  static final String STRATEGIC = "application/strategic-merge-patch+json";
  static final String APPLY = "application/apply-patch+yaml";

  private static final int MAX_OPERATIONS = 10_000;

  private Patches() {}

  /**
   * Media types of patches; strategic ones for core kinds only, as for custom resources elsewhere.
   */
  static List<String> supported(Kind kind) {
    List<String> types = new ArrayList<>(List.of(JSON_PATCH, MERGE, APPLY));
    if (kind.group().isEmpty()) {
      types.add(STRATEGIC);
    }
    return types;
  }

  /** Changes {@code target} in place. */
  static void merge(ObjectNode target, JsonNode patch) {
    patch
        .properties()
        .forEach(
            e -> {
              JsonNode value = e.getValue();
              if (value.isNull()) {
                target.remove(e.getKey());
              } else if (value instanceof ObjectNode object) {
                ObjectNode into =
                    target.get(e.getKey()) instanceof ObjectNode existing
                        ? existing
                        : target.putObject(e.getKey());
                merge(into, object);
              } else {
                target.set(e.getKey(), value);
              }
            });
  }

  /** The document after all operations; 422 if one does not apply. */
  static JsonNode apply(JsonNode document, JsonNode operations) {
    if (!operations.isArray() || operations.size() > MAX_OPERATIONS) {
      throw ApiFailure.badRequest("a JSON patch is a list of at most 10000 operations");
    }
    JsonNode result = document.deepCopy();
    for (JsonNode operation : operations) {
      result = applyOne(result, operation);
    }
    return result;
  }

  private static JsonNode applyOne(JsonNode document, JsonNode operation) {
    List<String> path = pointer(operation.path("path").asText(""));
    JsonNode value = operation.path("value");
    switch (operation.path("op").asText("")) {
      case "add":
        return add(document, path, value.deepCopy());
      case "remove":
        return remove(document, path);
      case "replace":
        find(document, path);
        return path.isEmpty() ? value : add(remove(document, path), path, value.deepCopy());
      case "test":
        if (!find(document, path).equals(value)) {
          throw refused("testing path " + operation.path("path").asText() + " value failed");
        }
        return document;
      case "move":
        {
          List<String> from = pointer(operation.path("from").asText(""));
          JsonNode moved = find(document, from);
          return add(remove(document, from), path, moved);
        }
      case "copy":
        return add(
            document, path, find(document, pointer(operation.path("from").asText(""))).deepCopy());
      default:
        throw refused("unknown operation \"" + operation.path("op").asText("") + "\"");
    }
  }

  private static JsonNode add(JsonNode document, List<String> path, JsonNode value) {
    if (path.isEmpty()) {
      return value;
    }
    String last = path.get(path.size() - 1);
    JsonNode parent = find(document, path.subList(0, path.size() - 1));
    if (parent instanceof ObjectNode object) {
      object.set(last, value);
    } else if (parent instanceof ArrayNode array) {
      array.insert(last.equals("-") ? array.size() : index(last, array.size()), value);
    } else {
      throw refused("add operation does not apply: doc is missing path");
    }
    return document;
  }

  private static JsonNode remove(JsonNode document, List<String> path) {
    find(document, path);
    if (path.isEmpty()) {
      throw refused("the whole document cannot be removed");
    }
    String last = path.get(path.size() - 1);
    JsonNode parent = find(document, path.subList(0, path.size() - 1));
    if (parent instanceof ObjectNode object) {
      object.remove(last);
    } else if (parent instanceof ArrayNode array) {
      array.remove(index(last, array.size() - 1));
    }
    return document;
  }

  private static JsonNode find(JsonNode document, List<String> path) {
    JsonNode at = document;
    for (String segment : path) {
      at = at instanceof ArrayNode array ? at.path(index(segment, array.size())) : at.path(segment);
      if (at.isMissingNode()) {
        throw refused("doc is missing path: /" + String.join("/", path));
      }
    }
    return at;
  }

  private static int index(String segment, int most) {
    if (!segment.matches("0|[1-9][0-9]{0,6}") || Integer.parseInt(segment) > most) {
      throw refused("invalid array index \"" + segment + "\"");
    }
    return Integer.parseInt(segment);
  }

  private static List<String> pointer(String text) {
    List<String> path = new ArrayList<>();
    if (text.isEmpty()) {
      return path;
    }
    if (!text.startsWith("/")) {
      throw refused("invalid path \"" + text + "\"");
    }
    for (String segment : text.substring(1).split("/", -1)) {
      path.add(segment.replace("~1", "/").replace("~0", "~"));
    }
    return path;
  }

  private static ApiFailure refused(String why) {
    return new ApiFailure(422, "Invalid", "the server rejected our request: " + why);
  }
}
