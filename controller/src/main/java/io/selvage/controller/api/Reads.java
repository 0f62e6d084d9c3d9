package io.selvage.controller.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selvage.controller.resource.Resource;
import io.selvage.controller.store.Store;
import io.selvage.controller.store.StoreSnapshot;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** Get and list, as objects or as tables, in pages of one revision. */
final class Reads {
  /** Snapshots kept for lists that continue; they share almost everything. */
  private static final int PAGED_SNAPSHOTS = 32;

  private final Store store;
  private final Map<Long, StoreSnapshot> paged =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, StoreSnapshot> eldest) {
          return size() > PAGED_SNAPSHOTS;
        }
      };

  Reads(Store store) {
    this.store = store;
  }

  Reply get(Call call, Target target) {
    Resource found =
        store
            .get(target.key())
            .orElseThrow(() -> ApiFailure.notFound(target.kind(), target.name()));
    if (Tables.wanted(call.header("Accept"))) {
      ObjectNode meta = JsonNodeFactory.instance.objectNode();
      meta.put("resourceVersion", Long.toString(found.resourceVersion()));
      return Reply.ok(
          Tables.table(
              target.kind(), target.version(), List.of(found), call.query("includeObject"), meta));
    }
    return Reply.ok(Wire.object(found, target.version()));
  }

  Reply list(Call call, Target target) {
    Predicate<Resource> selector = selector(call, target);
    StoreSnapshot snapshot = store.snapshot();
    String after = "";
    String token = call.query("continue");
    if (!token.isEmpty()) {
      JsonNode start = decode(token);
      snapshot = pagedSnapshot(start.path("rv").asLong());
      after = start.path("start").asText("");
    }
    List<Resource> page = new ArrayList<>();
    int limit = limit(call);
    long remaining = 0;
    for (Resource resource : snapshot.list(target.kind())) {
      if (after.isEmpty() || resource.key().path().compareTo(after) > 0) {
        if (selector.test(resource)) {
          if (page.size() < limit) {
            page.add(resource);
          } else {
            remaining++;
          }
        }
      }
    }
    ObjectNode meta = JsonNodeFactory.instance.objectNode();
    meta.put("resourceVersion", Long.toString(snapshot.revision()));
    if (remaining > 0) {
      remember(snapshot);
      meta.put("continue", encode(snapshot.revision(), page.get(page.size() - 1).key().path()));
      meta.put("remainingItemCount", remaining);
    }
    return Reply.ok(
        Tables.wanted(call.header("Accept"))
            ? Tables.table(target.kind(), target.version(), page, call.query("includeObject"), meta)
            : Wire.list(target.kind(), target.version(), page, meta));
  }

  static Predicate<Resource> selector(Call call, Target target) {
    String namespace = target.namespace();
    Predicate<Resource> selector =
        Selectors.of(call.query("labelSelector"), call.query("fieldSelector"));
    return namespace.isEmpty() ? selector : selector.and(r -> r.namespace().equals(namespace));
  }

  private static int limit(Call call) {
    String limit = call.query("limit");
    if (limit.isEmpty() || limit.equals("0")) {
      return Integer.MAX_VALUE;
    }
    if (!limit.matches("[1-9][0-9]{0,8}")) {
      throw ApiFailure.badRequest("limit must be a positive number");
    }
    return Integer.parseInt(limit);
  }

  private synchronized void remember(StoreSnapshot snapshot) {
    paged.put(snapshot.revision(), snapshot);
  }

  private synchronized StoreSnapshot pagedSnapshot(long revision) {
    StoreSnapshot found = paged.get(revision);
    if (found == null) {
      throw new ApiFailure(
          410,
          "Expired",
          "The provided continue parameter is too old to display a consistent list result. You must"
              + " start a new list without the continue parameter.");
    }
    return found;
  }

  private static String encode(long revision, String path) {
    ObjectNode token =
        JsonNodeFactory.instance.objectNode().put("v", 1).put("rv", revision).put("start", path);
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(token.toString().getBytes(StandardCharsets.UTF_8));
  }

  private static JsonNode decode(String token) {
    try {
      byte[] json = Base64.getUrlDecoder().decode(token);
      return Call.JSON.readTree(new String(json, StandardCharsets.UTF_8));
    } catch (IllegalArgumentException | JsonProcessingException e) {
      throw ApiFailure.badRequest("continue key is not valid");
    }
  }
}
