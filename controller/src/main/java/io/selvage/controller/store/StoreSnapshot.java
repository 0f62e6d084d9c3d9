package io.selvage.controller.store;

import io.selvage.controller.resource.Kind;
import io.selvage.controller.resource.Resource;
import io.selvage.controller.resource.ResourceKey;
import java.util.Collection;
import java.util.Collections;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/** All objects at one revision; immutable, safe for any thread. */
public final class StoreSnapshot {
  private static final NavigableMap<ResourceKey, Resource> NONE = Collections.emptyNavigableMap();

  private final long revision;
  private final Map<Kind, NavigableMap<ResourceKey, Resource>> objects;

  StoreSnapshot(long revision, Map<Kind, NavigableMap<ResourceKey, Resource>> objects) {
    this.revision = revision;
    this.objects = objects;
  }

  static StoreSnapshot empty() {
    return new StoreSnapshot(0, Map.of());
  }

  /** Revision of the last change contained. */
  public long revision() {
    return revision;
  }

  /** Objects of a kind, ordered by namespace and name. */
  public Collection<Resource> list(Kind kind) {
    return Collections.unmodifiableCollection(objects.getOrDefault(kind, NONE).values());
  }

  public Optional<Resource> get(ResourceKey key) {
    return Optional.ofNullable(objects.getOrDefault(key.kind(), NONE).get(key));
  }

  /** Number of objects of all kinds. */
  public int size() {
    return objects.values().stream().mapToInt(Map::size).sum();
  }

  /** The same with one object put; copies that kind's map only (configuration is small). */
  StoreSnapshot with(Resource resource, long newRevision) {
    NavigableMap<ResourceKey, Resource> of = copy(resource.kind());
    of.put(resource.key(), resource);
    return replaced(resource.kind(), of, newRevision);
  }

  StoreSnapshot without(ResourceKey key, long newRevision) {
    NavigableMap<ResourceKey, Resource> of = copy(key.kind());
    of.remove(key);
    return replaced(key.kind(), of, newRevision);
  }

  private NavigableMap<ResourceKey, Resource> copy(Kind kind) {
    return new TreeMap<>(objects.getOrDefault(kind, NONE));
  }

  private StoreSnapshot replaced(
      Kind kind, NavigableMap<ResourceKey, Resource> of, long newRevision) {
    Map<Kind, NavigableMap<ResourceKey, Resource>> copy = new java.util.HashMap<>(objects);
    copy.put(kind, of);
    return new StoreSnapshot(newRevision, Collections.unmodifiableMap(copy));
  }
}
