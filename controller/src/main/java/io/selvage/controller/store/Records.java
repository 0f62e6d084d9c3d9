package io.selvage.controller.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selvage.controller.resource.Kind;
import io.selvage.controller.resource.Kinds;
import io.selvage.controller.resource.Resource;
import io.selvage.controller.resource.ResourceKey;
import io.selvage.controller.store.StoreEvent.Type;
import java.io.IOException;

/** Records of the journal and the snapshot as JSON. */
final class Records {
  private static final ObjectMapper JSON = new ObjectMapper();

  private Records() {}

  static byte[] snapshotHeader(long revision, int objects) {
    return bytes(
        JSON.createObjectNode().put("format", 1).put("revision", revision).put("objects", objects));
  }

  static byte[] object(Resource resource) {
    ObjectNode record = JSON.createObjectNode();
    record.put("put", resource.kind().qualifiedPlural());
    record.put("revision", resource.resourceVersion());
    record.set("object", resource.json());
    return bytes(record);
  }

  static byte[] change(StoreEvent event) {
    if (event.type() != Type.DELETED) {
      return object(event.resource());
    }
    ResourceKey key = event.resource().key();
    return bytes(
        JSON.createObjectNode()
            .put("delete", key.kind().qualifiedPlural())
            .put("revision", event.revision())
            .put("namespace", key.namespace())
            .put("name", key.name()));
  }

  static JsonNode parse(byte[] payload) throws IOException {
    return JSON.readTree(payload);
  }

  /** The state after one record. */
  static StoreSnapshot apply(StoreSnapshot before, JsonNode record) throws IOException {
    long revision = record.path("revision").asLong();
    if (record.path("object") instanceof ObjectNode object) {
      Resource resource = Resource.of(kind(record.path("put").asText()), object, revision);
      return before.with(resource, Math.max(revision, before.revision()));
    }
    Kind kind = kind(record.path("delete").asText());
    ResourceKey key =
        new ResourceKey(kind, record.path("namespace").asText(""), record.path("name").asText(""));
    return before.without(key, revision);
  }

  private static Kind kind(String qualifiedPlural) throws IOException {
    return Kinds.all().stream()
        .filter(k -> k.qualifiedPlural().equals(qualifiedPlural))
        .findFirst()
        .orElseThrow(() -> new IOException("unknown kind \"" + qualifiedPlural + "\""));
  }

  private static byte[] bytes(ObjectNode node) {
    try {
      return JSON.writeValueAsBytes(node);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a JSON tree is always serialisable", e);
    }
  }
}
