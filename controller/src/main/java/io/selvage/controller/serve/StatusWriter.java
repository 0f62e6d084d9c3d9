package io.selvage.controller.serve;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selvage.controller.resource.Resource;
import io.selvage.controller.resource.ResourceKey;
import io.selvage.controller.store.Store;
import io.selvage.controller.store.StoreException;
import io.selvage.controller.translate.Problems.Problem;
import io.selvage.controller.translate.Problems.Reason;
import java.time.Clock;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Shows in the status of resources what translation found: condition {@code Accepted} and {@code
 * validationMessages}, as Istio's analysis does. Writes only what changed. Not thread-safe.
 */
final class StatusWriter {
  private static final Logger LOG = LoggerFactory.getLogger(StatusWriter.class);
  private static final String TYPE = "Accepted";
  private final Store store;
  private final Clock clock;
  private final Set<ResourceKey> marked = new HashSet<>();

  StatusWriter(Store store, Clock clock) {
    this.store = store;
    this.clock = clock;
  }

  /** Brings the statuses in line with {@code problems}. */
  void write(Map<ResourceKey, List<Problem>> problems) {
    problems.forEach(this::mark);
    Set<ResourceKey> healed = new HashSet<>(marked);
    healed.removeAll(problems.keySet());
    for (ResourceKey key : healed) {
      mark(key, List.of());
      marked.remove(key);
    }
    marked.addAll(problems.keySet());
  }

  private void mark(ResourceKey key, List<Problem> problems) {
    Resource resource = store.get(key).orElse(null);
    if (resource == null) {
      return;
    }
    ObjectNode status = status(resource, problems);
    if (sameBesidesTime(status, resource.json().get("status"))) {
      return;
    }
    try {
      store.updateStatus(key, status, Store.ANY_VERSION);
      for (Problem problem : problems) {
        LOG.warn(
            "[SELV-{}] ({} {}) {}",
            problem.reason() == Reason.UNRESOLVED ? "7341" : "7340",
            key,
            problem.field(),
            problem.text());
      }
    } catch (StoreException e) {
      LOG.warn("[SELV-7342] status of {} cannot be written; {}", key, e.getMessage());
    }
  }

  private ObjectNode status(Resource resource, List<Problem> problems) {
    JsonNode old = resource.json().get("status");
    ObjectNode status =
        old instanceof ObjectNode object
            ? object.deepCopy()
            : JsonNodeFactory.instance.objectNode();
    boolean accepted = problems.stream().noneMatch(p -> p.reason() == Reason.INVALID);
    String reason = problems.isEmpty() ? "Accepted" : word(problems.get(0).reason());
    ObjectNode condition = JsonNodeFactory.instance.objectNode();
    condition.put("type", TYPE);
    condition.put("status", accepted ? "True" : "False");
    condition.put("reason", reason);
    condition.put("message", message(problems));
    condition.put("lastTransitionTime", clock.instant().toString());
    ArrayNode conditions = JsonNodeFactory.instance.arrayNode();
    for (JsonNode other : status.path("conditions")) {
      if (!other.path("type").asText().equals(TYPE)) {
        conditions.add(other);
      }
    }
    conditions.add(condition);
    status.set("conditions", conditions);
    ArrayNode messages = JsonNodeFactory.instance.arrayNode();
    for (Problem problem : problems) {
      ObjectNode message = messages.addObject();
      ObjectNode type = message.putObject("type");
      type.put("name", word(problem.reason()));
      type.put("code", problem.reason() == Reason.UNRESOLVED ? "SELV-7341" : "SELV-7340");
      message.put("level", problem.reason() == Reason.INVALID ? "ERROR" : "WARNING");
      message.put("documentationUrl", "");
    }
    status.set("validationMessages", messages);
    status.put("observedGeneration", Long.toString(resource.generation()));
    return status;
  }

  private static String message(List<Problem> problems) {
    StringBuilder text = new StringBuilder();
    for (Problem problem : problems) {
      if (text.length() > 0) {
        text.append("; ");
      }
      text.append(problem.field()).append(": ").append(problem.text());
    }
    return text.length() > 1_000 ? text.substring(0, 1_000) : text.toString();
  }

  private static String word(Reason reason) {
    return switch (reason) {
      case UNSUPPORTED -> "Unsupported";
      case UNRESOLVED -> "ReferenceNotFound";
      case INVALID -> "Invalid";
      case CONFLICT -> "Conflict";
    };
  }

  private static boolean sameBesidesTime(ObjectNode next, @Nullable JsonNode old) {
    return old instanceof ObjectNode object && timeless(next).equals(timeless(object));
  }

  private static ObjectNode timeless(ObjectNode status) {
    ObjectNode copy = status.deepCopy();
    for (JsonNode condition : copy.path("conditions")) {
      if (condition instanceof ObjectNode object) {
        object.remove("lastTransitionTime");
      }
    }
    return copy;
  }
}
