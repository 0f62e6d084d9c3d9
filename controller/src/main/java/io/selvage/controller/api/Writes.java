package io.selvage.controller.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selvage.controller.resource.Kind;
import io.selvage.controller.resource.Kinds;
import io.selvage.controller.resource.Resource;
import io.selvage.controller.resource.ResourceKey;
import io.selvage.controller.resource.schema.Schemas;
import io.selvage.controller.store.Store;
import io.selvage.controller.store.StoreException;
import java.io.IOException;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** Create, replace, patch, apply and delete. */
final class Writes {
  private static final int RETRIES = 8;
  private static final String DELETION = "deletionTimestamp";
  private static final Set<String> KEPT_NAMESPACES = Set.of("default", "istio-system");
  private static final String NAME_LETTERS = "bcdfghjklmnpqrstvwxz2456789";

  private final Store store;

  Writes(Store store) {
    this.store = store;
  }

  Reply create(Call call, Target target) throws IOException {
    WriteOptions options = WriteOptions.of(call);
    ObjectNode document = body(call, target.kind());
    Admission.identify(document, target, "");
    ObjectNode metadata = document.withObject("/metadata");
    String prefix = metadata.path("generateName").asText("");
    if (metadata.path("name").asText("").isEmpty() && !prefix.isEmpty()) {
      metadata.put("name", prefix + randomName());
    }
    List<String> warnings = Admission.check(target.kind(), document, options);
    requireNamespace(target);
    metadata.remove("managedFields");
    keepDeletion(null, document);
    ManagedFields.updated(null, document, options.manager(), target.apiVersion());
    String name = metadata.path("name").asText("");
    return guarded(
        target.kind(),
        name,
        () -> {
          Resource made =
              options.dryRun()
                  ? DryRun.create(store, target.kind(), document)
                  : store.create(target.kind(), document);
          return Reply.created(Wire.object(afterCreate(made, options), target.version()))
              .withWarnings(warnings);
        });
  }

  Reply replace(Call call, Target target) throws IOException {
    WriteOptions options = WriteOptions.of(call);
    ObjectNode document = body(call, target.kind());
    Admission.identify(document, target, target.name());
    long expected = version(document);
    if (target.subresource().equals("status")) {
      return status(call, target, document, expected, options);
    }
    List<String> warnings = Admission.check(target.kind(), document, options);
    return guarded(
        target.kind(),
        target.name(),
        () -> {
          Resource live = live(call, target);
          keepDeletion(live, document);
          ManagedFields.updated(live.json(), document, options.manager(), target.apiVersion());
          Resource done =
              options.dryRun()
                  ? DryRun.update(live, document, expected)
                  : finishDeletion(store.update(target.kind(), document, expected));
          return Reply.ok(Wire.object(done, target.version())).withWarnings(warnings);
        });
  }

  Reply patch(Call call, Target target) throws IOException {
    WriteOptions options = WriteOptions.of(call);
    String type = call.contentType();
    if (!Patches.supported(target.kind()).contains(type)) {
      throw ApiFailure.unsupportedMediaType(type, Patches.supported(target.kind()));
    }
    JsonNode patch = call.json();
    if (type.equals(Patches.APPLY)) {
      return apply(call, target, patch, options);
    }
    if (!type.equals(Patches.JSON_PATCH) && !patch.isObject()) {
      throw ApiFailure.badRequest("the patch must be an object");
    }
    return change(
        call,
        target,
        options,
        (live, start) -> {
          ObjectNode document = patched(type, start, patch, target.kind());
          Admission.identify(document, target, target.name());
          if (version(document) != live.resourceVersion()) {
            throw conflict(target);
          }
          return document;
        },
        true);
  }

  private static ObjectNode patched(String type, ObjectNode start, JsonNode patch, Kind kind) {
    if (type.equals(Patches.JSON_PATCH)) {
      if (Patches.apply(start, patch) instanceof ObjectNode object) {
        return object;
      }
      throw ApiFailure.badRequest("the patch leaves no object");
    }
    if (type.equals(Patches.STRATEGIC)) {
      StrategicMerge.merge(start, (ObjectNode) patch, Schemas.get().of(kind));
    } else {
      Patches.merge(start, patch);
    }
    return start;
  }

  private Reply apply(Call call, Target target, JsonNode body, WriteOptions options) {
    if (!(body instanceof ObjectNode applied)) {
      throw ApiFailure.badRequest("the body of an apply patch must be an object");
    }
    if (!options.managerGiven()) {
      throw ApiFailure.badRequest(
          "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch");
    }
    Admission.identify(applied, target, target.name());
    if (applied.path("metadata").has("managedFields")) {
      throw ApiFailure.badRequest("metadata.managedFields must be nil");
    }
    if (store.get(target.key()).isEmpty()) {
      return createByApply(target, applied, options);
    }
    return change(
        call,
        target,
        options,
        (live, start) -> {
          long expected = version(applied);
          if (expected != Store.ANY_VERSION && expected != live.resourceVersion()) {
            throw conflict(target);
          }
          return ManagedFields.applied(
              target.kind(), live.json(), applied, options.manager(), options.force());
        },
        false);
  }

  private Reply createByApply(Target target, ObjectNode applied, WriteOptions options) {
    ObjectNode document =
        ManagedFields.applied(target.kind(), null, applied, options.manager(), options.force());
    List<String> warnings = Admission.check(target.kind(), document, options);
    requireNamespace(target);
    return guarded(
        target.kind(),
        target.name(),
        () -> {
          Resource made =
              options.dryRun()
                  ? DryRun.create(store, target.kind(), document)
                  : store.create(target.kind(), document);
          return Reply.created(Wire.object(afterCreate(made, options), target.version()))
              .withWarnings(warnings);
        });
  }

  /** Read, change, check, write; again if somebody wrote in between. */
  private Reply change(
      Call call,
      Target target,
      WriteOptions options,
      BiFunction<Resource, ObjectNode, ObjectNode> step,
      boolean tracksUpdates) {
    for (int attempt = 1; ; attempt++) {
      Resource live = live(call, target);
      ObjectNode document = step.apply(live, live.copyOfJson());
      if (target.subresource().equals("status")) {
        return status(call, target, document, Store.ANY_VERSION, options);
      }
      List<String> warnings = Admission.check(target.kind(), document, options);
      keepDeletion(live, document);
      if (tracksUpdates) {
        ManagedFields.updated(live.json(), document, options.manager(), target.apiVersion());
      }
      try {
        Resource done =
            options.dryRun()
                ? DryRun.update(live, document, live.resourceVersion())
                : finishDeletion(store.update(target.kind(), document, live.resourceVersion()));
        return Reply.ok(Wire.object(done, target.version())).withWarnings(warnings);
      } catch (StoreException e) {
        if (e.reason() != StoreException.Reason.CONFLICT || attempt == RETRIES) {
          throw ApiFailure.of(e, target.kind(), target.name());
        }
      }
    }
  }

  private Reply status(
      Call call, Target target, ObjectNode document, long expected, WriteOptions options) {
    ObjectNode status = document.get("status") instanceof ObjectNode found ? found : null;
    Resource live = live(call, target);
    ObjectNode checked = live.copyOfJson();
    checked.remove("status");
    if (status != null) {
      checked.set("status", status);
    }
    Admission.check(target.kind(), checked, options);
    return guarded(
        target.kind(),
        target.name(),
        () ->
            Reply.ok(
                Wire.object(
                    options.dryRun()
                        ? Resource.of(target.kind(), checked, live.resourceVersion())
                        : store.updateStatus(target.key(), status, expected),
                    target.version())));
  }

  Reply delete(Call call, Target target) throws IOException {
    JsonNode options = call.json();
    JsonNode preconditions = options.path("preconditions");
    boolean dryRun = call.query("dryRun").equals("All") || options.path("dryRun").size() > 0;
    Resource live = live(call, target);
    String uid = preconditions.path("uid").asText("");
    if (!uid.isEmpty() && !uid.equals(live.uid())) {
      throw conflict(target);
    }
    if (target.kind() == Kinds.NAMESPACE && KEPT_NAMESPACES.contains(target.name())) {
      throw new ApiFailure(
          403,
          "Forbidden",
          "namespaces \"" + target.name() + "\" is forbidden: this namespace may not be deleted");
    }
    String version = preconditions.path("resourceVersion").asText("");
    return guarded(
        target.kind(),
        target.name(),
        () -> {
          if (!live.json().path("metadata").path("finalizers").isEmpty()) {
            return Reply.ok(Wire.object(dryRun ? live : askToGo(live), target.version()));
          }
          if (!dryRun) {
            if (target.kind() == Kinds.NAMESPACE) {
              deleteContents(target.name());
            }
            store.delete(
                target.key(), version.isEmpty() ? Store.ANY_VERSION : Long.parseLong(version));
          }
          ObjectNode status = JsonNodeFactory.instance.objectNode();
          status.put("kind", "Status").put("apiVersion", "v1").putObject("metadata");
          status.put("status", "Success");
          status.set(
              "details", ApiFailure.details(target.kind(), target.name()).put("uid", live.uid()));
          return Reply.ok(status);
        });
  }

  /** Marks an object that finalizers hold; it goes when the last of them is removed. */
  private Resource askToGo(Resource live) {
    if (live.json().path("metadata").hasNonNull(DELETION)) {
      return live;
    }
    ObjectNode marked = live.copyOfJson();
    String now = java.time.Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    marked.withObject("/metadata").put(DELETION, now).put("deletionGracePeriodSeconds", 0);
    return store.update(live.kind(), marked, live.resourceVersion());
  }

  /** Only the server says that an object is going. */
  private static void keepDeletion(@Nullable Resource live, ObjectNode document) {
    ObjectNode metadata = document.withObject("/metadata");
    for (String field : List.of(DELETION, "deletionGracePeriodSeconds")) {
      metadata.remove(field);
      if (live != null && live.json().path("metadata").hasNonNull(field)) {
        metadata.set(field, live.json().path("metadata").path(field));
      }
    }
  }

  private Resource finishDeletion(Resource done) {
    JsonNode metadata = done.json().path("metadata");
    if (metadata.hasNonNull(DELETION) && metadata.path("finalizers").isEmpty()) {
      store.delete(done.key(), done.resourceVersion());
    }
    return done;
  }

  private void deleteContents(String namespace) {
    for (Kind kind : Kinds.all()) {
      List<ResourceKey> keys = new ArrayList<>();
      for (Resource resource : store.list(kind)) {
        if (kind.namespaced() && resource.namespace().equals(namespace)) {
          keys.add(resource.key());
        }
      }
      keys.forEach(key -> store.delete(key, Store.ANY_VERSION));
    }
  }

  /** Some kinds have a status from the start. */
  private Resource afterCreate(Resource made, WriteOptions options) {
    ObjectNode status = JsonNodeFactory.instance.objectNode();
    if (made.kind() == Kinds.NAMESPACE) {
      status.put("phase", "Active");
    } else if (made.kind() == Kinds.GATEWAY) {
      status.put("observedGeneration", made.generation());
      ObjectNode condition = status.putArray("conditions").addObject();
      condition.put("type", "Programmed").put("status", "False").put("reason", "NoGateway");
      condition.put("message", Admission.NOT_SERVED);
      condition.put("lastTransitionTime", made.created().toString());
    }
    return status.isEmpty() || options.dryRun()
        ? made
        : store.updateStatus(made.key(), status, Store.ANY_VERSION);
  }

  private Resource live(Call call, Target target) {
    Resource live =
        store
            .get(target.key())
            .orElseThrow(() -> ApiFailure.notFound(target.kind(), target.name()));
    call.changes(live);
    return live;
  }

  private void requireNamespace(Target target) {
    if (!target.kind().namespaced()) {
      return;
    }
    ResourceKey namespace = new ResourceKey(Kinds.NAMESPACE, "", target.namespace());
    if (store.get(namespace).isEmpty()) {
      throw ApiFailure.notFound(Kinds.NAMESPACE, target.namespace());
    }
  }

  private static ObjectNode body(Call call, Kind kind) throws IOException {
    if (call.contentType().equals(KubeProtobuf.MEDIA_TYPE)) {
      return KubeProtobuf.object(call.body(), kind);
    }
    return call.jsonObject();
  }

  private static long version(ObjectNode document) {
    String version = document.path("metadata").path("resourceVersion").asText("");
    if (version.isEmpty() || version.equals("0")) {
      return Store.ANY_VERSION;
    }
    if (!version.matches("[0-9]{1,18}")) {
      throw ApiFailure.badRequest("invalid resource version \"" + version + "\"");
    }
    return Long.parseLong(version);
  }

  private static ApiFailure conflict(Target target) {
    return new ApiFailure(
        409,
        "Conflict",
        "Operation cannot be fulfilled on "
            + target.kind().qualifiedPlural()
            + " \""
            + target.name()
            + "\": the object has been modified; please apply your changes to the latest version and"
            + " try again",
        ApiFailure.details(target.kind(), target.name()));
  }

  private static Reply guarded(Kind kind, String name, java.util.function.Supplier<Reply> write) {
    try {
      return write.get();
    } catch (StoreException e) {
      throw ApiFailure.of(e, kind, name);
    }
  }

  private static String randomName() {
    StringBuilder name = new StringBuilder();
    for (int i = 0; i < 5; i++) {
      int at = ThreadLocalRandom.current().nextInt(NAME_LETTERS.length());
      name.append(NAME_LETTERS.charAt(at));
    }
    return name.toString();
  }
}
