package io.selvage.controller.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selvage.controller.resource.Kind;
import io.selvage.controller.resource.Resource;
import java.util.Collection;

/** Stored objects as they go over the wire, in the version that was asked for. */
final class Wire {
  private Wire() {}

  static ObjectNode object(Resource resource, String version) {
    ObjectNode out = JsonNodeFactory.instance.objectNode();
    out.put("apiVersion", resource.kind().apiVersion(version));
    out.put("kind", resource.kind().kind());
    resource
        .json()
        .properties()
        .forEach(
            e -> {
              if (!e.getKey().equals("apiVersion") && !e.getKey().equals("kind")) {
                out.set(e.getKey(), e.getValue());
              }
            });
    return out;
  }

  static ObjectNode list(
      Kind kind, String version, Collection<Resource> objects, ObjectNode listMeta) {
    ObjectNode list = JsonNodeFactory.instance.objectNode();
    list.put("apiVersion", kind.apiVersion(version)).put("kind", kind.kind() + "List");
    list.set("metadata", listMeta);
    ArrayNode items = list.putArray("items");
    objects.forEach(o -> items.add(object(o, version)));
    return list;
  }
}
