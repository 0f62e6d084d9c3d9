package io.selvage.controller.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * A set of leaf fields, each a path of names; lists are leaves (atomic), as in custom resources
 * without list types. Reads and writes Kubernetes' {@code FieldsV1}.
 */
final class FieldSet {
  /** What the server owns and no manager can. */
  private static final Set<String> SERVER_METADATA =
      Set.of(
          "name",
          "namespace",
          "uid",
          "resourceVersion",
          "generation",
          "creationTimestamp",
          "deletionTimestamp",
          "managedFields",
          "selfLink");

  /** Joins names; cannot occur in JSON keys that pass our limits. */
  private static final char SEPARATOR = '\u0001';

  private final TreeSet<String> leaves = new TreeSet<>();

  /** The leaves of a document. */
  static FieldSet of(ObjectNode document) {
    FieldSet set = new FieldSet();
    document
        .properties()
        .forEach(
            e -> {
              switch (e.getKey()) {
                case "apiVersion", "kind", "status" -> {}
                case "metadata" ->
                    e.getValue()
                        .properties()
                        .forEach(
                            m -> {
                              if (!SERVER_METADATA.contains(m.getKey())) {
                                set.collect("metadata" + SEPARATOR + m.getKey(), m.getValue());
                              }
                            });
                default -> set.collect(e.getKey(), e.getValue());
              }
            });
    return set;
  }

  static FieldSet parse(JsonNode fieldsV1) {
    FieldSet set = new FieldSet();
    set.read("", fieldsV1);
    return set;
  }

  private void collect(String path, JsonNode value) {
    if (value.isObject() && !value.isEmpty()) {
      value.properties().forEach(e -> collect(path + SEPARATOR + e.getKey(), e.getValue()));
    } else {
      leaves.add(path);
    }
  }

  private void read(String path, JsonNode fields) {
    fields
        .properties()
        .forEach(
            e -> {
              if (e.getKey().startsWith("f:")) {
                String name = e.getKey().substring(2);
                String child = path.isEmpty() ? name : path + SEPARATOR + name;
                boolean leaf = e.getValue().properties().stream().noneMatch(c -> child(c.getKey()));
                if (leaf) {
                  leaves.add(child);
                } else {
                  read(child, e.getValue());
                }
              }
            });
  }

  private static boolean child(String key) {
    return key.startsWith("f:");
  }

  ObjectNode toFieldsV1() {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    for (String leaf : leaves) {
      ObjectNode at = root;
      for (String name : names(leaf)) {
        at = at.get("f:" + name) instanceof ObjectNode found ? found : at.putObject("f:" + name);
      }
    }
    return root;
  }

  Set<String> leaves() {
    return leaves;
  }

  boolean isEmpty() {
    return leaves.isEmpty();
  }

  static List<String> names(String leaf) {
    return List.of(leaf.split(String.valueOf(SEPARATOR), -1));
  }

  /** {@code .spec.hosts}, as conflicts print it. */
  static String text(String leaf) {
    return "." + leaf.replace(SEPARATOR, '.');
  }

  static JsonNode value(ObjectNode document, String leaf) {
    JsonNode at = document;
    for (String name : names(leaf)) {
      at = at.path(name);
    }
    return at;
  }

  /** Removes a leaf and the objects that it leaves empty. */
  static void remove(ObjectNode document, String leaf) {
    List<String> names = names(leaf);
    for (int depth = names.size(); depth > 0; depth--) {
      JsonNode parent = document;
      for (String name : names.subList(0, depth - 1)) {
        parent = parent.path(name);
      }
      if (parent instanceof ObjectNode object) {
        JsonNode found = object.path(names.get(depth - 1));
        if (depth == names.size() || (found.isObject() && found.isEmpty())) {
          object.remove(names.get(depth - 1));
        }
      }
    }
  }
}
