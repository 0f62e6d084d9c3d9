package io.selvage.controller.serve;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selvage.controller.resource.Resource;
import io.selvage.controller.store.Store;
import io.selvage.controller.store.StoreException;
import io.selvage.controller.translate.RefStatus;
import io.selvage.controller.translate.RefStatus.Condition;
import io.selvage.controller.translate.RefStatus.Entry;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Shows in the status of routes and policies of the Gateway API what became of them: {@code
 * parents[]} or {@code ancestors[]}. Entries of other controllers stay. Writes only what changed.
 */
final class RefStatusWriter {
  private static final Logger LOG = LoggerFactory.getLogger(RefStatusWriter.class);

  /** Name under which this controller writes. */
  static final String CONTROLLER = "selvage.io/mesh-controller";

  private final Store store;
  private final Clock clock;

  RefStatusWriter(Store store, Clock clock) {
    this.store = store;
    this.clock = clock;
  }

  /** Brings the statuses in line. */
  void write(List<RefStatus> statuses) {
    statuses.forEach(this::write);
  }

  private void write(RefStatus wanted) {
    Resource resource = store.get(wanted.resource().key()).orElse(null);
    if (resource == null || resource.generation() != wanted.resource().generation()) {
      // gone or newer than what was translated: the next push knows it
      return;
    }
    JsonNode old = resource.json().path("status");
    ArrayNode entries = JsonNodeFactory.instance.arrayNode();
    for (Entry entry : wanted.entries()) {
      entries.add(entry(wanted, entry, old, resource.generation()));
    }
    for (JsonNode other : old.path(wanted.list())) {
      if (!other.path("controllerName").asText().equals(CONTROLLER)) {
        entries.add(other);
      }
    }
    if (entries.equals(old.path(wanted.list())) || (entries.isEmpty() && old.isMissingNode())) {
      return;
    }
    ObjectNode status =
        old instanceof ObjectNode object
            ? object.deepCopy()
            : JsonNodeFactory.instance.objectNode();
    status.set(wanted.list(), entries);
    try {
      store.updateStatus(resource.key(), status, resource.resourceVersion());
      warn(wanted);
    } catch (StoreException e) {
      LOG.warn("[SELV-7342] status of {} cannot be written; {}", resource.key(), e.getMessage());
    }
  }

  private static void warn(RefStatus status) {
    for (Entry entry : status.entries()) {
      for (Condition condition : entry.conditions()) {
        boolean bad = condition.status() == condition.type().equals("PartiallyInvalid");
        if (bad) {
          LOG.warn(
              "[SELV-{}] ({} {}) {} {}; {}",
              condition.type().equals("ResolvedRefs") ? "7341" : "7340",
              status.resource().key(),
              status.refField(),
              condition.type(),
              condition.reason(),
              condition.message());
        }
      }
    }
  }

  private ObjectNode entry(RefStatus status, Entry from, JsonNode old, long generation) {
    ObjectNode entry = JsonNodeFactory.instance.objectNode();
    entry.set(status.refField(), from.ref());
    entry.put("controllerName", CONTROLLER);
    ArrayNode conditions = entry.putArray("conditions");
    JsonNode before = before(status, from, old);
    for (Condition condition : from.conditions()) {
      conditions.add(condition(condition, before, generation));
    }
    return entry;
  }

  private static JsonNode before(RefStatus status, Entry entry, JsonNode old) {
    for (JsonNode each : old.path(status.list())) {
      if (each.path("controllerName").asText().equals(CONTROLLER)
          && each.path(status.refField()).equals(entry.ref())) {
        return each.path("conditions");
      }
    }
    return JsonNodeFactory.instance.missingNode();
  }

  private ObjectNode condition(Condition from, JsonNode before, long generation) {
    String status = from.status() ? "True" : "False";
    String since = clock.instant().truncatedTo(ChronoUnit.SECONDS).toString();
    JsonNode seen = JsonNodeFactory.instance.missingNode();
    for (JsonNode each : before) {
      if (each.path("type").asText().equals(from.type())) {
        seen = each;
      }
    }
    if (seen.path("status").asText().equals(status)) {
      since = seen.path("lastTransitionTime").asText(since);
    }
    ObjectNode condition = JsonNodeFactory.instance.objectNode();
    condition.put("type", from.type()).put("status", status).put("reason", from.reason());
    condition.put("message", from.message());
    // the very node, because an int node and a long node of one value are not equal
    if (seen.path("observedGeneration").asLong(-1) == generation) {
      condition.set("observedGeneration", seen.get("observedGeneration"));
    } else {
      condition.put("observedGeneration", generation);
    }
    return condition.put("lastTransitionTime", since);
  }
}
