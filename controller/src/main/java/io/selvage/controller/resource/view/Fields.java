package io.selvage.controller.resource.view;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selvage.controller.resource.Durations;
import io.selvage.controller.resource.Violation;
import io.selvage.controller.resource.Violation.Cause;
import io.selvage.controller.resource.ViolationCode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A cursor over one JSON object that reads typed fields and notes what does not fit.
 *
 * <p>Never throws. Absent text is empty, absent lists and maps are empty, absent messages and
 * numbers are null. JSON {@code null} counts as absent, as in protobuf's JSON mapping.
 */
final class Fields {
  private final ObjectNode node;
  private final String path;
  private final List<Violation> violations;

  Fields(ObjectNode node, String path, List<Violation> violations) {
    this.node = node;
    this.path = path;
    this.violations = violations;
  }

  String path() {
    return path;
  }

  /** The object as it is written. */
  ObjectNode node() {
    return node;
  }

  boolean has(String name) {
    return node.hasNonNull(name);
  }

  String text(String name) {
    JsonNode value = node.get(name);
    if (value == null || value.isNull()) {
      return "";
    }
    if (!value.isTextual()) {
      wrongType(name, "a string", value);
      return "";
    }
    return value.textValue();
  }

  @Nullable String textOrNull(String name) {
    return has(name) ? text(name) : null;
  }

  boolean flag(String name) {
    Boolean value = flagOrNull(name);
    return value != null && value;
  }

  @Nullable Boolean flagOrNull(String name) {
    JsonNode value = node.get(name);
    if (value == null || value.isNull()) {
      return null;
    }
    if (!value.isBoolean()) {
      wrongType(name, "a boolean", value);
      return null;
    }
    return value.booleanValue();
  }

  int number(String name) {
    Integer value = numberOrNull(name);
    return value == null ? 0 : value;
  }

  @Nullable Integer numberOrNull(String name) {
    JsonNode value = node.get(name);
    if (value == null || value.isNull()) {
      return null;
    }
    if (!value.isIntegralNumber() || !value.canConvertToInt()) {
      wrongType(name, "an integer", value);
      return null;
    }
    return value.intValue();
  }

  @Nullable Long longOrNull(String name) {
    JsonNode value = node.get(name);
    if (value == null || value.isNull()) {
      return null;
    }
    if (!value.isIntegralNumber() || !value.canConvertToLong()) {
      wrongType(name, "an integer", value);
      return null;
    }
    return value.longValue();
  }

  @Nullable Double realOrNull(String name) {
    JsonNode value = node.get(name);
    if (value == null || value.isNull()) {
      return null;
    }
    if (!value.isNumber()) {
      wrongType(name, "a number", value);
      return null;
    }
    return value.doubleValue();
  }

  @Nullable Duration durationOrNull(String name) {
    String value = text(name);
    if (value.isEmpty()) {
      return null;
    }
    Duration parsed = Durations.parse(value);
    if (parsed == null) {
      add(
          name,
          Cause.INVALID,
          "\"" + value + "\": must be a duration such as \"1.5s\" or \"250ms\"");
    }
    return parsed;
  }

  <E extends Enum<E>> E oneOf(String name, Class<E> type, E absent) {
    String value = text(name);
    if (value.isEmpty()) {
      return absent;
    }
    for (E constant : type.getEnumConstants()) {
      if (constant.name().equals(value)) {
        return constant;
      }
    }
    add(name, Cause.NOT_SUPPORTED, "\"" + value + "\": supported values: " + names(type));
    return absent;
  }

  private static <E extends Enum<E>> String names(Class<E> type) {
    List<String> names = new ArrayList<>();
    for (E constant : type.getEnumConstants()) {
      names.add("\"" + constant.name() + "\"");
    }
    return String.join(", ", names);
  }

  <T> @Nullable T message(String name, Function<Fields, @Nullable T> parser) {
    JsonNode value = node.get(name);
    if (value == null || value.isNull()) {
      return null;
    }
    if (!(value instanceof ObjectNode object)) {
      wrongType(name, "an object", value);
      return null;
    }
    return parser.apply(new Fields(object, child(name), violations));
  }

  <T> List<T> list(String name, Function<Fields, @Nullable T> parser) {
    List<T> parsed = new ArrayList<>();
    eachItem(
        name,
        (item, itemPath) -> {
          if (item instanceof ObjectNode object) {
            T value = parser.apply(new Fields(object, itemPath, violations));
            if (value != null) {
              parsed.add(value);
            }
          } else {
            wrongTypeAt(itemPath, "an object", item);
          }
        });
    return Collections.unmodifiableList(parsed);
  }

  List<String> texts(String name) {
    List<String> parsed = new ArrayList<>();
    eachItem(
        name,
        (item, itemPath) -> {
          if (item.isTextual()) {
            parsed.add(item.textValue());
          } else {
            wrongTypeAt(itemPath, "a string", item);
          }
        });
    return Collections.unmodifiableList(parsed);
  }

  List<Integer> numbers(String name) {
    List<Integer> parsed = new ArrayList<>();
    eachItem(
        name,
        (item, itemPath) -> {
          if (item.isIntegralNumber() && item.canConvertToInt()) {
            parsed.add(item.intValue());
          } else {
            wrongTypeAt(itemPath, "an integer", item);
          }
        });
    return Collections.unmodifiableList(parsed);
  }

  Map<String, String> textMap(String name) {
    Map<String, String> parsed = new LinkedHashMap<>();
    eachEntry(
        name,
        (key, value, entryPath) -> {
          if (value.isTextual()) {
            parsed.put(key, value.textValue());
          } else {
            wrongTypeAt(entryPath, "a string", value);
          }
        });
    return Collections.unmodifiableMap(parsed);
  }

  Map<String, Integer> numberMap(String name) {
    Map<String, Integer> parsed = new LinkedHashMap<>();
    eachEntry(
        name,
        (key, value, entryPath) -> {
          if (value.isIntegralNumber() && value.canConvertToInt()) {
            parsed.put(key, value.intValue());
          } else {
            wrongTypeAt(entryPath, "an integer", value);
          }
        });
    return Collections.unmodifiableMap(parsed);
  }

  <T> Map<String, T> map(String name, Function<Fields, @Nullable T> parser) {
    Map<String, T> parsed = new LinkedHashMap<>();
    eachEntry(
        name,
        (key, value, entryPath) -> {
          if (value instanceof ObjectNode object) {
            T item = parser.apply(new Fields(object, entryPath, violations));
            if (item != null) {
              parsed.put(key, item);
            }
          } else {
            wrongTypeAt(entryPath, "an object", value);
          }
        });
    return Collections.unmodifiableMap(parsed);
  }

  /** The same object, or an empty one at the same path if the field is absent or no object. */
  Fields object(String name) {
    Fields found = message(name, f -> f);
    return found != null
        ? found
        : new Fields(JsonNodeFactory.instance.objectNode(), child(name), violations);
  }

  @Nullable JsonNode raw(String name) {
    JsonNode value = node.get(name);
    return value == null || value.isNull() ? null : value;
  }

  void add(String name, Cause cause, String message) {
    violations.add(new Violation(ViolationCode.TYPE.code(), child(name), cause, message));
  }

  String child(String name) {
    return path.isEmpty() ? name : path + "." + name;
  }

  private void eachItem(String name, ItemVisitor visitor) {
    JsonNode value = node.get(name);
    if (value == null || value.isNull()) {
      return;
    }
    if (!value.isArray()) {
      wrongType(name, "an array", value);
      return;
    }
    for (int i = 0; i < value.size(); i++) {
      visitor.visit(value.get(i), child(name) + "[" + i + "]");
    }
  }

  private void eachEntry(String name, EntryVisitor visitor) {
    JsonNode value = node.get(name);
    if (value == null || value.isNull()) {
      return;
    }
    if (!value.isObject()) {
      wrongType(name, "an object", value);
      return;
    }
    value
        .properties()
        .forEach(
            e -> visitor.visit(e.getKey(), e.getValue(), child(name) + "[" + e.getKey() + "]"));
  }

  private void wrongType(String name, String wanted, JsonNode found) {
    wrongTypeAt(child(name), wanted, found);
  }

  private void wrongTypeAt(String where, String wanted, JsonNode found) {
    String type = found.getNodeType().name().toLowerCase(Locale.ROOT);
    violations.add(
        new Violation(
            ViolationCode.TYPE.code(),
            where,
            Cause.TYPE_INVALID,
            "must be " + wanted + "; found " + type));
  }

  private interface ItemVisitor {
    void visit(JsonNode item, String itemPath);
  }

  private interface EntryVisitor {
    void visit(String key, JsonNode value, String entryPath);
  }
}
