package io.selvage.controller.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selvage.controller.resource.Kind;
import io.selvage.controller.resource.Resource;
import io.selvage.controller.resource.schema.Schema;
import io.selvage.controller.resource.schema.Schemas;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/** {@code meta.k8s.io/v1 Table}: what {@code kubectl get} prints. */
final class Tables {
  private static final Clock CLOCK = Clock.systemUTC();

  private Tables() {}

  static boolean wanted(String accept) {
    for (String type : accept.split(",")) {
      String compact = type.replace(" ", "");
      if (compact.startsWith("application/json") && compact.contains("as=Table")) {
        return true;
      }
      if (compact.equals("application/json") || compact.equals("*/*")) {
        return false;
      }
    }
    return false;
  }

  /**
   * A table of the objects.
   *
   * @param include {@code Object}, {@code Metadata} (the default) or {@code None}
   */
  static ObjectNode table(
      Kind kind,
      String version,
      Collection<Resource> objects,
      String include,
      ObjectNode listMeta) {
    ObjectNode table = JsonNodeFactory.instance.objectNode();
    table.put("kind", "Table").put("apiVersion", "meta.k8s.io/v1").set("metadata", listMeta);
    ArrayNode definitions = table.putArray("columnDefinitions");
    definition(definitions, "Name", "string", "name", "Name of the object.", 0);
    List<Schema.Column> columns = Schemas.get().columns(kind);
    for (Schema.Column c : columns) {
      definition(definitions, c.name(), c.type(), c.format(), c.description(), c.priority());
    }
    ArrayNode rows = table.putArray("rows");
    for (Resource object : objects) {
      ObjectNode row = rows.addObject();
      ArrayNode cells = row.putArray("cells").add(object.name());
      columns.forEach(c -> cells.add(cell(c, object.json())));
      if (!include.equals("None")) {
        row.set(
            "object", include.equals("Object") ? Wire.object(object, version) : partial(object));
      }
    }
    return table;
  }

  private static ObjectNode partial(Resource object) {
    ObjectNode partial = JsonNodeFactory.instance.objectNode();
    partial.put("kind", "PartialObjectMetadata").put("apiVersion", "meta.k8s.io/v1");
    partial.set("metadata", object.json().path("metadata"));
    return partial;
  }

  private static void definition(
      ArrayNode to, String name, String type, String format, String description, int priority) {
    to.addObject()
        .put("name", name)
        .put("type", type)
        .put("format", format)
        .put("description", description)
        .put("priority", priority);
  }

  private static String cell(Schema.Column column, JsonNode object) {
    if (column.type().equals("date")) {
      return age(object);
    }
    String path = column.jsonPath();
    int each = path.indexOf("[*]");
    String text;
    if (each < 0) {
      text = text(at(object, path));
    } else {
      String rest = path.substring(each + 3);
      text =
          StreamSupport.stream(at(object, path.substring(0, each)).spliterator(), false)
              .map(item -> text(at(item, rest)))
              .collect(Collectors.joining(","));
    }
    return text.isEmpty() ? column.absent() : text;
  }

  private static JsonNode at(JsonNode node, String path) {
    JsonNode found = node;
    for (String name : path.split("\\.")) {
      found = name.isEmpty() ? found : found.path(name);
    }
    return found;
  }

  private static String text(JsonNode node) {
    if (node.isMissingNode() || node.isNull()) {
      return "";
    }
    if (node.isObject()) {
      return node.properties().stream()
          .map(e -> e.getKey() + "=" + e.getValue().asText())
          .collect(Collectors.joining(","));
    }
    return node.isValueNode() ? node.asText() : node.toString();
  }

  private static String age(JsonNode object) {
    String created = object.path("metadata").path("creationTimestamp").asText("");
    try {
      return human(Duration.between(java.time.Instant.parse(created), CLOCK.instant()));
    } catch (java.time.format.DateTimeParseException e) {
      return "<unknown>";
    }
  }

  /**
   * As Kubernetes' {@code duration.HumanDuration}: {@code 42s}, {@code 5m10s}, {@code 3h}, {@code
   * 2d}.
   */
  static String human(Duration duration) {
    long seconds = Math.max(0, duration.toSeconds());
    if (seconds < 120) {
      return seconds + "s";
    }
    long minutes = seconds / 60;
    if (minutes < 10) {
      return minutes + "m" + (seconds % 60 == 0 ? "" : seconds % 60 + "s");
    }
    if (minutes < 180) {
      return minutes + "m";
    }
    long hours = minutes / 60;
    if (hours < 8) {
      return hours + "h" + (minutes % 60 == 0 ? "" : minutes % 60 + "m");
    }
    if (hours < 48) {
      return hours + "h";
    }
    long days = hours / 24;
    if (days < 8) {
      return days + "d" + (hours % 24 == 0 ? "" : hours % 24 + "h");
    }
    return days < 730 ? days + "d" : days / 365 + "y";
  }
}
