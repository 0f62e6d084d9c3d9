package io.selvage.controller.resource.validate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.selvage.controller.resource.Durations;
import io.selvage.controller.resource.Violation;
import io.selvage.controller.resource.Violation.Cause;
import io.selvage.controller.resource.ViolationCode;
import io.selvage.controller.resource.schema.Schema;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Compares a document with its schema; wording as Kubernetes' field errors. */
final class SchemaCheck {

  private final List<Violation> violations = new ArrayList<>();
  private final List<String> unknown = new ArrayList<>();

  void check(Schema schema, JsonNode node) {
    check(schema, node, "");
  }

  /** Reasons found, in document order. */
  List<Violation> violations() {
    return violations;
  }

  /** Paths of fields that the schema does not know, in document order. */
  List<String> unknownFields() {
    return unknown;
  }

  private void check(Schema schema, JsonNode node, String path) {
    if (node.isNull()) {
      return;
    }
    if (schema.intOrString()) {
      if (!node.isTextual() && !node.isIntegralNumber()) {
        wrongType(path, "integer or string", node);
      }
      return;
    }
    switch (schema.type()) {
      case "object" -> object(schema, node, path);
      case "array" -> array(schema, node, path);
      case "string" -> string(schema, node, path);
      case "integer", "number" -> number(schema, node, path);
      case "boolean" -> {
        if (!node.isBoolean()) {
          wrongType(path, "boolean", node);
        }
      }
      default -> {}
    }
  }

  private void object(Schema schema, JsonNode node, String path) {
    if (!node.isObject()) {
      wrongType(path, "object", node);
      return;
    }
    for (String name : schema.required()) {
      if (!node.hasNonNull(name)) {
        add(ViolationCode.REQUIRED, child(path, name), Cause.REQUIRED, "must be given");
      }
    }
    atMostOne(schema, node, path);
    tooMany(path, node.size(), schema.bounds().maxProperties());
    Schema additional = schema.additional();
    node.properties()
        .forEach(
            e -> {
              Schema known = schema.properties().get(e.getKey());
              if (known != null) {
                check(known, e.getValue(), child(path, e.getKey()));
              } else if (additional != null) {
                check(additional, e.getValue(), path + "[" + e.getKey() + "]");
              } else if (!schema.preserveUnknown()) {
                unknown.add(child(path, e.getKey()));
              }
            });
  }

  private void atMostOne(Schema schema, JsonNode node, String path) {
    List<String> given = schema.atMostOne().stream().filter(node::hasNonNull).toList();
    if (given.size() > 1) {
      String message =
          "at most one of " + quoted(schema.atMostOne()) + " may be given; found " + quoted(given);
      add(ViolationCode.ONE_OF, path, Cause.INVALID, message);
    }
  }

  private void array(Schema schema, JsonNode node, String path) {
    if (!(node instanceof ArrayNode array)) {
      wrongType(path, "array", node);
      return;
    }
    tooMany(path, array.size(), schema.bounds().maxItems());
    Integer least = schema.bounds().minItems();
    if (least != null && array.size() < least) {
      String message = array.size() + ": should have at least " + least + " items";
      add(ViolationCode.RANGE, path, Cause.INVALID, message);
    }
    Schema items = schema.items();
    Set<Object> seen = new HashSet<>();
    for (int i = 0; i < array.size(); i++) {
      String itemPath = path + "[" + i + "]";
      if (items != null) {
        check(items, array.get(i), itemPath);
      }
      Object identity = identity(schema, array.get(i));
      if (identity != null && !seen.add(identity)) {
        add(ViolationCode.DUPLICATE, itemPath, Cause.DUPLICATE, String.valueOf(array.get(i)));
      }
    }
  }

  /** What must be unique among the items of a set or a keyed list; null for other lists. */
  private static @Nullable Object identity(Schema list, JsonNode item) {
    if (list.set()) {
      return item;
    }
    if (list.mapKeys().isEmpty()) {
      return null;
    }
    return list.mapKeys().stream().map(item::path).collect(Collectors.toList());
  }

  private void string(Schema schema, JsonNode node, String path) {
    if (!node.isTextual()) {
      wrongType(path, "string", node);
      return;
    }
    String text = node.textValue();
    if (!schema.values().isEmpty() && !schema.values().contains(text)) {
      String message = "\"" + text + "\": supported values: " + quoted(schema.values());
      add(ViolationCode.ENUM, path, Cause.NOT_SUPPORTED, message);
    }
    Integer longest = schema.bounds().maxLength();
    if (longest != null && text.codePointCount(0, text.length()) > longest) {
      add(
          ViolationCode.RANGE,
          path,
          Cause.TOO_LONG,
          "may not be more than " + longest + " characters");
    }
    Integer shortest = schema.bounds().minLength();
    if (shortest != null && text.length() < shortest) {
      add(
          ViolationCode.RANGE,
          path,
          Cause.INVALID,
          "should be at least " + shortest + " characters long");
    }
    String pattern = schema.pattern();
    if (pattern != null && !com.google.re2j.Pattern.compile(pattern).matcher(text).find()) {
      add(
          ViolationCode.FORMAT,
          path,
          Cause.INVALID,
          "\"" + text + "\": should match '" + pattern + "'");
    }
    format(schema, text, path);
  }

  private void format(Schema schema, String text, String path) {
    switch (schema.format()) {
      case "duration" -> duration(schema, text, path);
      case "date-time" -> {
        try {
          Instant.parse(text);
        } catch (DateTimeParseException e) {
          add(
              ViolationCode.FORMAT,
              path,
              Cause.INVALID,
              "\"" + text + "\": must be a date and time of RFC 3339");
        }
      }
      case "byte" -> {
        try {
          Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException e) {
          add(ViolationCode.FORMAT, path, Cause.INVALID, "must be base64");
        }
      }
      default -> {}
    }
  }

  private void duration(Schema schema, String text, String path) {
    Duration parsed = Durations.parse(text);
    if (parsed == null) {
      String message =
          "\"" + text + "\": must be a duration such as \"1.5s\" or \"250ms\" with a unit";
      add(ViolationCode.FORMAT, path, Cause.INVALID, message);
      return;
    }
    Duration least = schema.atLeast();
    if (least != null && parsed.compareTo(least) < 0) {
      String message = "\"" + text + "\": must be a valid duration greater than 1ms";
      add(ViolationCode.RANGE, path, Cause.INVALID, message);
    } else if (parsed.isNegative()) {
      add(ViolationCode.RANGE, path, Cause.INVALID, "\"" + text + "\": must not be negative");
    }
  }

  private void number(Schema schema, JsonNode node, String path) {
    boolean wholeWanted = schema.type().equals("integer");
    if (!node.isNumber() || (wholeWanted && !whole(node))) {
      wrongType(path, schema.type(), node);
      return;
    }
    if (!schema.values().isEmpty() && !schema.values().contains(node.asText())) {
      String message = node + ": supported values: " + String.join(", ", schema.values());
      add(ViolationCode.ENUM, path, Cause.NOT_SUPPORTED, message);
    }
    double value = node.doubleValue();
    Double least = schema.bounds().minimum();
    Double most = schema.bounds().maximum();
    if (least != null && value < least) {
      String message = node + ": should be greater than or equal to " + plain(least);
      add(ViolationCode.RANGE, path, Cause.INVALID, message);
    }
    if (most != null && value > most) {
      String message = node + ": should be less than or equal to " + plain(most);
      add(ViolationCode.RANGE, path, Cause.INVALID, message);
    }
    boolean fits = !schema.format().equals("int32") || node.canConvertToInt();
    if (!fits) {
      add(ViolationCode.RANGE, path, Cause.INVALID, node + ": must fit into 32 bits");
    }
  }

  private static boolean whole(JsonNode node) {
    return node.isIntegralNumber() || (node.isNumber() && node.doubleValue() % 1 == 0);
  }

  private static String plain(Double bound) {
    return bound % 1 == 0 ? Long.toString(bound.longValue()) : bound.toString();
  }

  private void tooMany(String path, int count, @Nullable Integer most) {
    if (most != null && count > most) {
      add(
          ViolationCode.RANGE,
          path,
          Cause.TOO_MANY,
          count + ": must have at most " + most + " items");
    }
  }

  private void wrongType(String path, String wanted, JsonNode found) {
    String type = found.getNodeType().name().toLowerCase(Locale.ROOT);
    String message = "\"" + type + "\": must be of type " + wanted + ": \"" + type + "\"";
    add(ViolationCode.TYPE, path, Cause.TYPE_INVALID, message);
  }

  private void add(ViolationCode code, String path, Cause cause, String message) {
    violations.add(new Violation(code.code(), path, cause, message));
  }

  private static String quoted(List<String> words) {
    return words.stream().map(w -> "\"" + w + "\"").collect(Collectors.joining(", "));
  }

  private static String child(String path, String name) {
    return path.isEmpty() ? name : path + "." + name;
  }
}
