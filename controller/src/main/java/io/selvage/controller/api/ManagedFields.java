package io.selvage.controller.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selvage.controller.resource.Kind;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Who owns which field: server-side apply with conflicts, after Kubernetes' rules for atomic lists.
 */
final class ManagedFields {
  private static final String APPLY = "Apply";
  private static final String UPDATE = "Update";
  private static final Clock CLOCK = Clock.systemUTC();

  private static final class Owner {
    private final String manager;
    private final String operation;
    private final String apiVersion;
    private String time;
    private FieldSet fields;

    Owner(String manager, String operation, String apiVersion, String time, FieldSet fields) {
      this.manager = manager;
      this.operation = operation;
      this.apiVersion = apiVersion;
      this.time = time;
      this.fields = fields;
    }

    boolean is(String otherManager, String otherOperation) {
      return manager.equals(otherManager) && operation.equals(otherOperation);
    }
  }

  private final List<Owner> owners = new ArrayList<>();

  private ManagedFields(JsonNode entries) {
    for (JsonNode e : entries) {
      owners.add(
          new Owner(
              e.path("manager").asText(""),
              e.path("operation").asText(""),
              e.path("apiVersion").asText(""),
              e.path("time").asText(""),
              FieldSet.parse(e.path("fieldsV1"))));
    }
  }

  /** Notes in {@code document} what the manager changed relative to {@code live}. */
  static void updated(
      @Nullable ObjectNode live, ObjectNode document, String manager, String apiVersion) {
    JsonNode known = document.path("metadata").path("managedFields");
    if (live != null && !known.isArray()) {
      known = live.path("metadata").path("managedFields");
    }
    ManagedFields managed = new ManagedFields(known);
    FieldSet now = FieldSet.of(document);
    List<String> changed = new ArrayList<>();
    for (String leaf : now.leaves()) {
      boolean same =
          live != null && FieldSet.value(live, leaf).equals(FieldSet.value(document, leaf));
      if (!same) {
        changed.add(leaf);
      }
    }
    for (Owner owner : managed.owners) {
      owner.fields.leaves().retainAll(now.leaves());
      if (!owner.is(manager, UPDATE)) {
        changed.forEach(owner.fields.leaves()::remove);
      }
    }
    if (!changed.isEmpty()) {
      Owner own = managed.own(manager, UPDATE, apiVersion);
      if (own.fields.leaves().addAll(changed) || live != null) {
        own.time = now();
      }
    }
    managed.write(document);
  }

  /**
   * The live document with {@code applied} on top.
   *
   * @throws ApiFailure 409 if another manager owns a field with another value and not {@code force}
   */
  static ObjectNode applied(
      Kind kind, @Nullable ObjectNode live, ObjectNode applied, String manager, boolean force) {
    FieldSet wanted = FieldSet.of(applied);
    String apiVersion = applied.path("apiVersion").asText("");
    if (live == null) {
      ObjectNode fresh = applied.deepCopy();
      ManagedFields managed = new ManagedFields(JsonNodeFactory.instance.arrayNode());
      managed.own(manager, APPLY, apiVersion).fields = wanted;
      managed.write(fresh);
      return fresh;
    }
    ManagedFields managed = new ManagedFields(live.path("metadata").path("managedFields"));
    managed.resolveConflicts(kind, live, applied, wanted, manager, force);
    ObjectNode merged = live.deepCopy();
    Patches.merge(merged, applied);
    Owner own = managed.own(manager, APPLY, apiVersion);
    for (String leaf : own.fields.leaves()) {
      boolean othersNeed =
          managed.owners.stream().anyMatch(o -> o != own && o.fields.leaves().contains(leaf));
      if (!wanted.leaves().contains(leaf) && !othersNeed) {
        FieldSet.remove(merged, leaf);
      }
    }
    if (!own.fields.leaves().equals(wanted.leaves())) {
      own.fields = wanted;
      own.time = now();
    }
    managed.write(merged);
    return merged;
  }

  private void resolveConflicts(
      Kind kind,
      ObjectNode live,
      ObjectNode applied,
      FieldSet wanted,
      String manager,
      boolean force) {
    ObjectNode details = ApiFailure.details(kind, applied.path("metadata").path("name").asText(""));
    ArrayNode causes = details.putArray("causes");
    for (Owner owner : owners) {
      if (owner.is(manager, APPLY)) {
        continue;
      }
      List<String> contested =
          owner.fields.leaves().stream()
              .filter(wanted.leaves()::contains)
              .filter(l -> !FieldSet.value(live, l).equals(FieldSet.value(applied, l)))
              .toList();
      if (force || comesFromClientSide(owner, manager)) {
        contested.forEach(owner.fields.leaves()::remove);
        continue;
      }
      for (String leaf : contested) {
        causes
            .addObject()
            .put("reason", "FieldManagerConflict")
            .put("message", "conflict with \"" + owner.manager + "\" using " + owner.apiVersion)
            .put("field", FieldSet.text(leaf));
      }
    }
    if (!causes.isEmpty()) {
      throw conflict(causes, details);
    }
  }

  /**
   * kubectl that goes over to server-side apply takes its own client-side fields along, as
   * Kubernetes' last-applied manager allows.
   */
  private static boolean comesFromClientSide(Owner owner, String manager) {
    return manager.equals("kubectl")
        && owner.manager.equals("kubectl-client-side-apply")
        && owner.operation.equals(UPDATE);
  }

  private static ApiFailure conflict(ArrayNode causes, ObjectNode details) {
    List<String> lines = new ArrayList<>();
    causes.forEach(c -> lines.add(c.path("message").asText() + ": " + c.path("field").asText()));
    String message =
        "Apply failed with "
            + causes.size()
            + (causes.size() == 1 ? " conflict: " : " conflicts: ")
            + lines.stream().collect(Collectors.joining(", "));
    return new ApiFailure(409, "Conflict", message, details);
  }

  private Owner own(String manager, String operation, String apiVersion) {
    for (Owner owner : owners) {
      if (owner.is(manager, operation)) {
        return owner;
      }
    }
    Owner fresh = new Owner(manager, operation, apiVersion, now(), new FieldSet());
    owners.add(fresh);
    return fresh;
  }

  private void write(ObjectNode document) {
    ArrayNode entries = JsonNodeFactory.instance.arrayNode();
    for (Owner owner : owners) {
      if (owner.fields.isEmpty()) {
        continue;
      }
      ObjectNode entry = entries.addObject().put("manager", owner.manager);
      entry.put("operation", owner.operation).put("apiVersion", owner.apiVersion);
      entry.put("time", owner.time).put("fieldsType", "FieldsV1");
      entry.set("fieldsV1", owner.fields.toFieldsV1());
    }
    ObjectNode metadata = document.withObject("/metadata");
    metadata.remove("managedFields");
    if (!entries.isEmpty()) {
      metadata.set("managedFields", entries);
    }
  }

  private static String now() {
    return CLOCK.instant().truncatedTo(ChronoUnit.SECONDS).toString();
  }
}
