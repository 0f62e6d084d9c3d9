package io.selvage.controller.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selvage.controller.resource.Kind;
import io.selvage.controller.resource.Resource;
import io.selvage.controller.resource.ResourceKey;
import io.selvage.controller.store.Store;
import io.selvage.controller.store.StoreException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a write would give, without writing. */
final class DryRun {
  private DryRun() {}

  static Resource create(Store store, Kind kind, ObjectNode document) {
    ResourceKey key = Resource.of(kind, document, 0).key();
    if (store.get(key).isPresent()) {
      throw new StoreException(
          StoreException.Reason.ALREADY_EXISTS,
          "SELV-7001",
          kind.qualifiedPlural() + " \"" + key.name() + "\" already exists");
    }
    ObjectNode json = document.deepCopy();
    json.remove("status");
    ObjectNode metadata = json.withObject("/metadata");
    metadata.put("uid", java.util.UUID.randomUUID().toString()).put("generation", 1);
    metadata.put("creationTimestamp", java.time.Instant.now().toString());
    return Resource.of(kind, json, 0);
  }

  static Resource update(Resource live, ObjectNode document, long expected) {
    if (expected != Store.ANY_VERSION && expected != live.resourceVersion()) {
      throw new StoreException(
          StoreException.Reason.CONFLICT, "SELV-7003", "the object has been modified");
    }
    ObjectNode json = document.deepCopy();
    ObjectNode metadata = json.withObject("/metadata");
    JsonNode old = live.json().path("metadata");
    for (String kept : List.of("uid", "creationTimestamp", "resourceVersion", "generation")) {
      metadata.set(kept, old.path(kept));
    }
    boolean changed = !json.path("spec").equals(live.json().path("spec"));
    if (changed) {
      metadata.put("generation", live.generation() + 1);
    }
    @Nullable JsonNode status = live.json().get("status");
    json.remove("status");
    if (status != null) {
      json.set("status", status);
    }
    return Resource.of(live.kind(), json, live.resourceVersion());
  }
}
