package io.selvage.controller.translate;

import java.util.AbstractCollection;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * All resources of one type for one reader, by name, in a stable order. Immutable. What a reader
 * has for itself lies over a set that it shares with others, so that sharing costs no copy.
 */
public final class ResourceSet {
  /** No resource. */
  public static final ResourceSet EMPTY = new ResourceSet(new LinkedHashMap<>(), null);

  private final Map<String, XdsResource> own;
  private final @Nullable ResourceSet shared;

  private ResourceSet(Map<String, XdsResource> own, @Nullable ResourceSet shared) {
    this.own = own;
    this.shared = shared;
  }

  /** Of these; a later one of the same name wins. */
  public static ResourceSet of(Collection<XdsResource> resources) {
    Map<String, XdsResource> byName = new LinkedHashMap<>(resources.size() * 2);
    resources.forEach(r -> byName.put(r.name(), r));
    return new ResourceSet(byName, null);
  }

  /** These resources and, after them, all of {@code other} that have other names. */
  ResourceSet over(ResourceSet other) {
    return new ResourceSet(own, other);
  }

  /** The resource, or null. */
  public @Nullable XdsResource get(String name) {
    XdsResource found = own.get(name);
    return found != null || shared == null ? found : shared.get(name);
  }

  /** In order. */
  public Collection<XdsResource> all() {
    ResourceSet below = shared;
    if (below == null) {
      return own.values();
    }
    return new AbstractCollection<>() {
      @Override
      public Iterator<XdsResource> iterator() {
        return Stream.concat(
                own.values().stream(), below.all().stream().filter(r -> !own.containsKey(r.name())))
            .iterator();
      }

      @Override
      public int size() {
        return ResourceSet.this.size();
      }
    };
  }

  /** How many. */
  public int size() {
    ResourceSet below = shared;
    if (below == null) {
      return own.size();
    }
    int hidden = 0;
    for (String name : own.keySet()) {
      hidden += below.get(name) == null ? 0 : 1;
    }
    return own.size() + below.size() - hidden;
  }
}
