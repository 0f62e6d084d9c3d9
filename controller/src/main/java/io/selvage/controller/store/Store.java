package io.selvage.controller.store;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selvage.controller.resource.Kind;
import io.selvage.controller.resource.Resource;
import io.selvage.controller.resource.ResourceKey;
import java.util.Collection;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Objects of all kinds with the semantics of the Kubernetes API: one revision counter, optimistic
 * concurrency, watches that resume from a revision.
 *
 * <p>A write that returned is durable. Thread-safe. Refusals are {@link StoreException}s.
 */
public interface Store extends AutoCloseable {

  /** Passed as the expected version by a caller that accepts any. */
  long ANY_VERSION = 0;

  /** All objects at the last committed revision. */
  StoreSnapshot snapshot();

  /** Revision of the last committed change. */
  default long revision() {
    return snapshot().revision();
  }

  /** Objects of a kind in every namespace, ordered by namespace and name. */
  default Collection<Resource> list(Kind kind) {
    return snapshot().list(kind);
  }

  default Optional<Resource> get(ResourceKey key) {
    return snapshot().get(key);
  }

  /**
   * Stores a new object; sets {@code uid}, {@code creationTimestamp}, {@code generation} and drops
   * any {@code status}.
   *
   * @throws StoreException ALREADY_EXISTS, UNAVAILABLE
   */
  Resource create(Kind kind, ObjectNode document);

  /**
   * Replaces an object except for its status and the fields the store owns; {@code generation}
   * rises if anything outside metadata and status changed. A document equal to the stored one
   * writes nothing and returns the stored object.
   *
   * @param expectedVersion version that the caller read, or {@link #ANY_VERSION}
   * @throws StoreException NOT_FOUND, CONFLICT, UNAVAILABLE
   */
  Resource update(Kind kind, ObjectNode document, long expectedVersion);

  /**
   * Replaces the status of an object and nothing else.
   *
   * @param status new status; null removes it
   * @throws StoreException NOT_FOUND, CONFLICT, UNAVAILABLE
   */
  Resource updateStatus(ResourceKey key, @Nullable ObjectNode status, long expectedVersion);

  /**
   * Removes an object and returns its last state.
   *
   * @throws StoreException NOT_FOUND, CONFLICT, UNAVAILABLE
   */
  Resource delete(ResourceKey key, long expectedVersion);

  /**
   * Delivers every change after {@code fromRevision}, in order, each exactly once, first those from
   * the history kept. The listener is called on the store's dispatch thread: it must not block and
   * not write to the store; what it throws is logged and ends this watch.
   *
   * @throws StoreException GONE if changes after {@code fromRevision} are no longer kept
   */
  Watch watch(long fromRevision, Consumer<StoreEvent> listener);

  @Override
  void close();

  /** A running watch. */
  interface Watch extends AutoCloseable {
    /** Ends the watch; an event being delivered may still arrive. */
    @Override
    void close();
  }
}
