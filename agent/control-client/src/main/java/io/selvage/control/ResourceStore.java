package io.selvage.control;

import com.google.protobuf.ByteString;
import io.selvage.control.parse.Parsed;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The last good version of each resource, and what was refused. Not thread-safe: the control
 * thread's.
 */
final class ResourceStore {
  /** A resource that is in force. */
  record Held(String version, ByteString bytes, Object value, List<String> warnings) {}

  private final Map<ResourceType, Map<String, Held>> held = new EnumMap<>(ResourceType.class);
  private final Map<ResourceType, Map<String, String>> refused = new EnumMap<>(ResourceType.class);

  ResourceStore() {
    for (ResourceType type : ResourceType.values()) {
      held.put(type, new LinkedHashMap<>());
      refused.put(type, new TreeMap<>());
    }
  }

  /** Takes a resource. Null = it is in force; else why it is not: its last good version stays. */
  @Nullable String put(ResourceType type, String name, String version, ByteString bytes) {
    Parsed<?> parsed = type.read(bytes);
    Object value = parsed.value();
    if (value == null) {
      String why = name + ": " + String.join("; ", parsed.reasons());
      of(refused, type).put(name, why);
      return why;
    }
    of(refused, type).remove(name);
    of(held, type).put(name, new Held(version, bytes, value, parsed.warnings()));
    return null;
  }

  @Nullable Held remove(ResourceType type, String name) {
    of(refused, type).remove(name);
    return of(held, type).remove(name);
  }

  /** By name, in the order of their arrival. */
  Map<String, Held> all(ResourceType type) {
    return of(held, type);
  }

  /** Name to version. */
  Map<String, String> versions(ResourceType type) {
    Map<String, String> versions = new LinkedHashMap<>();
    of(held, type).forEach((name, resource) -> versions.put(name, resource.version()));
    return versions;
  }

  /** What is refused now, in words. */
  List<String> refusals() {
    List<String> all = new ArrayList<>();
    refused.values().forEach(byName -> all.addAll(byName.values()));
    return all;
  }

  private static <V> Map<String, V> of(Map<ResourceType, Map<String, V>> maps, ResourceType type) {
    Map<String, V> map = maps.get(type);
    if (map == null) {
      throw new IllegalStateException("no map for " + type);
    }
    return map;
  }
}
