package io.selvage.engine.model;

import java.util.List;
import java.util.Map;

/**
 * Virtual addresses of the mesh's names (Istio NDS {@code NameTable}); names are lower case without
 * a trailing dot.
 */
public record NameTable(Map<String, List<String>> addresses) {
  public static final NameTable EMPTY = new NameTable(Map.of());

  public NameTable {
    addresses = Map.copyOf(addresses);
  }
}
