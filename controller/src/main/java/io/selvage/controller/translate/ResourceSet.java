package io.selvage.controller.translate;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** All resources of one type for one kind of reader, by name, in a stable order. Immutable. */
public final class ResourceSet {
  /** No resource. */
  public static final ResourceSet EMPTY = new ResourceSet(new LinkedHashMap<>());

  private final Map<String, XdsResource> byName;

  private ResourceSet(Map<String, XdsResource> byName) {
    this.byName = byName;
  }

  /** Of these; a later one of the same name wins. */
  public static ResourceSet of(Collection<XdsResource> resources) {
    Map<String, XdsResource> byName = new LinkedHashMap<>(resources.size() * 2);
    resources.forEach(r -> byName.put(r.name(), r));
    return new ResourceSet(byName);
  }

  /** The resource, or null. */
  public @Nullable XdsResource get(String name) {
    return byName.get(name);
  }

  /** In order. */
  public Collection<XdsResource> all() {
    return byName.values();
  }

  /** How many. */
  public int size() {
    return byName.size();
  }
}
