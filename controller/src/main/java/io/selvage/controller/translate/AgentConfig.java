package io.selvage.controller.translate;

import java.util.Map;

/**
 * Everything that one data plane may read, by type URL. Immutable; sets are shared between data
 * planes that see the same.
 */
public record AgentConfig(Map<String, ResourceSet> byType) {
  /** Nothing at all. */
  public static final AgentConfig NONE = new AgentConfig(Map.of());

  /** Copies the map, not the sets. */
  public AgentConfig {
    byType = Map.copyOf(byType);
  }

  /** The set of a type; empty where the type is not served. */
  public ResourceSet of(String typeUrl) {
    return byType.getOrDefault(typeUrl, ResourceSet.EMPTY);
  }

  /** Whether the type is known here. */
  public boolean serves(String typeUrl) {
    return byType.containsKey(typeUrl);
  }
}
