package io.selvage.controller.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selvage.controller.resource.schema.Schema;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Kubernetes' strategic merge patch: lists with a merge key are merged item by item, directives
 * delete, replace and order.
 */
final class StrategicMerge {
  private static final String DIRECTIVE = "$patch";
  private static final String RETAIN = "$retainKeys";
  private static final String ORDER = "$setElementOrder/";
  private static final String DELETE_VALUES = "$deleteFromPrimitiveList/";

  private StrategicMerge() {}

  /** Changes {@code target} in place. */
  static void merge(ObjectNode target, ObjectNode patch, @Nullable Schema schema) {
    String directive = patch.path(DIRECTIVE).asText("");
    if (directive.equals("replace") || directive.equals("delete")) {
      target.removeAll();
      if (directive.equals("delete")) {
        return;
      }
    }
    if (patch.get(RETAIN) instanceof ArrayNode keys) {
      List<String> retained = new ArrayList<>();
      keys.forEach(k -> retained.add(k.asText()));
      target.retain(retained);
    }
    patch
        .properties()
        .forEach(
            e -> {
              if (!e.getKey().startsWith("$")) {
                Schema of = schema == null ? null : field(schema, e.getKey());
                value(target, e.getKey(), e.getValue(), of);
              }
            });
    patch.properties().forEach(e -> lists(target, e.getKey(), e.getValue(), schema));
  }

  private static @Nullable Schema field(Schema schema, String name) {
    Schema known = schema.properties().get(name);
    return known != null ? known : schema.additional();
  }

  private static void value(
      ObjectNode target, String name, JsonNode value, @Nullable Schema schema) {
    if (value.isNull()) {
      target.remove(name);
    } else if (value instanceof ObjectNode object) {
      ObjectNode into =
          target.get(name) instanceof ObjectNode existing ? existing : target.putObject(name);
      merge(into, object, schema);
    } else if (value instanceof ArrayNode list && schema != null && schema.mergeList()) {
      ArrayNode into =
          target.get(name) instanceof ArrayNode existing ? existing : target.putArray(name);
      mergeList(into, list, schema);
    } else {
      target.set(name, value);
    }
  }

  private static void mergeList(ArrayNode target, ArrayNode patch, Schema schema) {
    String key = schema.mergeKey();
    for (JsonNode item : patch) {
      if (key == null || !(item instanceof ObjectNode object)) {
        if (!contains(target, item)) {
          target.add(item);
        }
        continue;
      }
      String directive = object.path(DIRECTIVE).asText("");
      if (directive.equals("replace")) {
        target.removeAll();
      } else if (directive.equals("delete")) {
        removeByKey(target, key, object.path(key));
      } else if (find(target, key, object.path(key)) instanceof ObjectNode existing) {
        merge(existing, object, schema.items());
      } else {
        merge(target.addObject(), object, schema.items());
      }
    }
  }

  private static void lists(
      ObjectNode target, String directive, JsonNode value, @Nullable Schema schema) {
    if (directive.startsWith(DELETE_VALUES)
        && target.get(directive.substring(DELETE_VALUES.length())) instanceof ArrayNode list) {
      value.forEach(v -> removeValue(list, v));
    }
    if (directive.startsWith(ORDER)) {
      String name = directive.substring(ORDER.length());
      Schema of = schema == null ? null : field(schema, name);
      if (target.get(name) instanceof ArrayNode list && value instanceof ArrayNode order) {
        reorder(list, order, of == null ? null : of.mergeKey());
      }
    }
  }

  /** Items named in the order come first, in that order; the others keep theirs behind them. */
  private static void reorder(ArrayNode list, ArrayNode order, @Nullable String key) {
    List<JsonNode> sorted = new ArrayList<>();
    for (JsonNode wanted : order) {
      for (JsonNode item : list) {
        boolean same = key == null ? item.equals(wanted) : item.path(key).equals(wanted.path(key));
        if (same && !sorted.contains(item)) {
          sorted.add(item);
        }
      }
    }
    for (JsonNode item : list) {
      if (!sorted.contains(item)) {
        sorted.add(item);
      }
    }
    list.removeAll();
    list.addAll(sorted);
  }

  private static @Nullable JsonNode find(ArrayNode list, String key, JsonNode value) {
    for (JsonNode item : list) {
      if (item.path(key).equals(value)) {
        return item;
      }
    }
    return null;
  }

  private static void removeByKey(ArrayNode list, String key, JsonNode value) {
    for (Iterator<JsonNode> i = list.iterator(); i.hasNext(); ) {
      if (i.next().path(key).equals(value)) {
        i.remove();
      }
    }
  }

  private static void removeValue(ArrayNode list, JsonNode value) {
    for (Iterator<JsonNode> i = list.iterator(); i.hasNext(); ) {
      if (i.next().equals(value)) {
        i.remove();
      }
    }
  }

  private static boolean contains(ArrayNode list, JsonNode value) {
    for (JsonNode item : list) {
      if (item.equals(value)) {
        return true;
      }
    }
    return false;
  }
}
