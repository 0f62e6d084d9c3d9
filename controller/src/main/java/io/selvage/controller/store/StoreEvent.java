package io.selvage.controller.store;

import io.selvage.controller.resource.Resource;
import org.jspecify.annotations.Nullable;

/**
 * One committed change.
 *
 * @param resource state after the change; for {@link Type#DELETED} the last state, with the
 *     revision of the deletion
 * @param previous state before the change; null for {@link Type#ADDED}
 * @param revision revision of the change; grows by one with each change of the store
 */
public record StoreEvent(Type type, Resource resource, @Nullable Resource previous, long revision) {
  /** What happened. */
  public enum Type {
    ADDED,
    MODIFIED,
    DELETED
  }
}
