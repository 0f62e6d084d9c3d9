package io.selvage.controller.store;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selvage.controller.resource.Kind;
import io.selvage.controller.resource.Resource;
import io.selvage.controller.resource.ResourceKey;
import io.selvage.controller.store.StoreEvent.Type;
import io.selvage.controller.store.StoreException.Reason;
import java.nio.file.Path;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A store inside the controller's process: all objects in memory, each change first in a journal.
 *
 * <p>Writes are serialised; reads take the current immutable snapshot and never wait.
 */
public final class EmbeddedStore implements Store {
  /** Changes kept for watches that resume. */
  private static final int HISTORY = 10_000;

  private final Object writing = new Object();
  private final Journal journal;
  private final Clock clock;
  private final EventHistory history;
  private volatile StoreSnapshot snapshot;
  private boolean closed;

  EmbeddedStore(Journal journal, StoreSnapshot start, Clock clock, int historySize) {
    this.journal = journal;
    this.snapshot = start;
    this.clock = clock;
    this.history = new EventHistory(historySize, start.revision());
  }

  /**
   * Opens the store in a folder, which is created if absent and locked while the store is open.
   *
   * @throws StoreException DAMAGED if the folder cannot be used as it is
   */
  public static EmbeddedStore open(Path path) {
    DataFolder folder = DataFolder.open(path);
    try {
      FileJournal.Opened opened = FileJournal.open(folder);
      return new EmbeddedStore(opened.journal(), opened.state(), Clock.systemUTC(), HISTORY);
    } catch (StoreException e) {
      folder.close();
      throw e;
    }
  }

  /** An empty store that forgets everything when closed. */
  public static EmbeddedStore inMemory() {
    return inMemory(HISTORY);
  }

  /** As {@link #inMemory()}, keeping only the last {@code historySize} changes for watches. */
  public static EmbeddedStore inMemory(int historySize) {
    return new EmbeddedStore(Journal.NONE, StoreSnapshot.empty(), Clock.systemUTC(), historySize);
  }

  @Override
  public StoreSnapshot snapshot() {
    return snapshot;
  }

  @Override
  public Resource create(Kind kind, ObjectNode document) {
    synchronized (writing) {
      ObjectNode json = document.deepCopy();
      ResourceKey key = Resource.of(kind, json, 0).key();
      if (snapshot.get(key).isPresent()) {
        throw new StoreException(
            Reason.ALREADY_EXISTS,
            "SELV-7001",
            kind.qualifiedPlural() + " \"" + key.name() + "\" already exists");
      }
      json.remove("status");
      ObjectNode metadata = json.withObject("/metadata");
      metadata.put("uid", UUID.randomUUID().toString());
      metadata.put("creationTimestamp", clock.instant().truncatedTo(ChronoUnit.SECONDS).toString());
      metadata.put("generation", 1);
      return commit(Type.ADDED, kind, json, null);
    }
  }

  @Override
  public Resource update(Kind kind, ObjectNode document, long expectedVersion) {
    synchronized (writing) {
      ObjectNode json = document.deepCopy();
      Resource current = current(Resource.of(kind, json, 0).key(), expectedVersion);
      ObjectNode metadata = json.withObject("/metadata");
      checkUid(metadata.path("uid").asText(""), current);
      ObjectNode old = current.json();
      metadata.put("uid", current.uid());
      metadata.set("creationTimestamp", old.path("metadata").path("creationTimestamp"));
      metadata.put("resourceVersion", Long.toString(current.resourceVersion()));
      json.remove("status");
      if (old.hasNonNull("status")) {
        json.set("status", old.get("status"));
      }
      if (wanted(json).equals(wanted(old))) {
        // the very node, because an int node and a long node of one value are not equal
        metadata.set("generation", old.path("metadata").path("generation"));
      } else {
        metadata.put("generation", current.generation() + 1);
      }
      return json.equals(old) ? current : commit(Type.MODIFIED, kind, json, current);
    }
  }

  @Override
  public Resource updateStatus(ResourceKey key, @Nullable ObjectNode status, long expectedVersion) {
    synchronized (writing) {
      Resource current = current(key, expectedVersion);
      ObjectNode json = current.copyOfJson();
      json.remove("status");
      if (status != null) {
        json.set("status", status.deepCopy());
      }
      return json.equals(current.json())
          ? current
          : commit(Type.MODIFIED, key.kind(), json, current);
    }
  }

  @Override
  public Resource delete(ResourceKey key, long expectedVersion) {
    synchronized (writing) {
      Resource current = current(key, expectedVersion);
      return commit(Type.DELETED, key.kind(), current.copyOfJson(), current);
    }
  }

  @Override
  public Watch watch(long fromRevision, Consumer<StoreEvent> listener) {
    synchronized (writing) {
      return history.follow(fromRevision, snapshot.revision(), listener);
    }
  }

  @Override
  public void close() {
    synchronized (writing) {
      if (!closed) {
        closed = true;
        history.close();
        journal.close();
      }
    }
  }

  /** Everything but metadata and status: what a rise of {@code generation} tells about. */
  private static ObjectNode wanted(ObjectNode json) {
    ObjectNode copy = json.objectNode();
    json.properties().stream()
        .filter(e -> !e.getKey().equals("metadata") && !e.getKey().equals("status"))
        .filter(e -> !e.getKey().equals("apiVersion"))
        .forEach(e -> copy.set(e.getKey(), e.getValue()));
    return copy;
  }

  private Resource current(ResourceKey key, long expectedVersion) {
    Resource current =
        snapshot
            .get(key)
            .orElseThrow(
                () ->
                    new StoreException(
                        Reason.NOT_FOUND,
                        "SELV-7002",
                        key.kind().qualifiedPlural() + " \"" + key.name() + "\" not found"));
    if (expectedVersion != ANY_VERSION && expectedVersion != current.resourceVersion()) {
      throw conflict(
          key,
          "the object has been modified; please apply your changes to the latest version and try"
              + " again");
    }
    return current;
  }

  private static void checkUid(String uid, Resource current) {
    if (!uid.isEmpty() && !uid.equals(current.uid())) {
      throw conflict(
          current.key(),
          "Precondition failed: UID in precondition: "
              + uid
              + ", UID in object meta: "
              + current.uid());
    }
  }

  private static StoreException conflict(ResourceKey key, String why) {
    return new StoreException(
        Reason.CONFLICT,
        "SELV-7003",
        "Operation cannot be fulfilled on "
            + key.kind().qualifiedPlural()
            + " \""
            + key.name()
            + "\": "
            + why);
  }

  private Resource commit(Type type, Kind kind, ObjectNode json, @Nullable Resource previous) {
    if (closed) {
      throw new StoreException(Reason.UNAVAILABLE, "SELV-7004", "the store is closed");
    }
    long revision = snapshot.revision() + 1;
    json.withObject("/metadata").put("resourceVersion", Long.toString(revision));
    Resource resource = Resource.of(kind, json, revision);
    StoreSnapshot after =
        type == Type.DELETED
            ? snapshot.without(resource.key(), revision)
            : snapshot.with(resource, revision);
    StoreEvent event = new StoreEvent(type, resource, previous, revision);
    journal.append(event, after);
    snapshot = after;
    history.publish(event);
    return resource;
  }
}
