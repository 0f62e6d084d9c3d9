package io.selvage.engine.snapshot;

import io.selvage.engine.match.Cidr;
import io.selvage.engine.match.HostTable;
import io.selvage.engine.model.NameTable;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds the listener of a call: the one of its virtual address and port, else the one of any
 * address and the port, as an Envoy that got the connection would.
 */
public final class Outbound {
  private final Map<String, CompiledListener> byAddress = new HashMap<>();
  private final Map<Integer, CompiledListener> byPort = new HashMap<>();
  private final NameTable names;
  private final Map<String, String> nameOfAddress = new HashMap<>();

  Outbound(List<CompiledListener> listeners, NameTable names) {
    this.names = names;
    for (CompiledListener one : listeners) {
      String address = one.listener().address();
      if (isAny(address)) {
        byPort.putIfAbsent(one.listener().port(), one);
      } else {
        byAddress.putIfAbsent(key(address, one.listener().port()), one);
      }
    }
    names
        .addresses()
        .forEach(
            (name, addresses) ->
                addresses.forEach(
                    address ->
                        nameOfAddress.merge(
                            address, name, (a, b) -> a.length() >= b.length() ? a : b)));
  }

  private static boolean isAny(String address) {
    return "0.0.0.0".equals(address) || "::".equals(address) || address.isEmpty();
  }

  private static String key(String address, int port) {
    return address + "_" + port;
  }

  /**
   * The listener of a call; null when the mesh knows none.
   *
   * @param host name or address, lower case
   */
  public @Nullable CompiledListener find(String host, int port) {
    if (!byAddress.isEmpty()) {
      CompiledListener own = byAddress.get(key(host, port));
      if (own != null) {
        return own;
      }
      List<String> addresses = names.addresses().getOrDefault(host, List.of());
      for (int i = 0; i < addresses.size(); i++) {
        own = byAddress.get(key(addresses.get(i), port));
        if (own != null) {
          return own;
        }
      }
    }
    return byPort.get(port);
  }

  /** Virtual addresses that a name stands for; empty for unknown names and for addresses. */
  public List<String> addressesOf(String host) {
    return names.addresses().getOrDefault(host, List.of());
  }

  /** The fullest name of the mesh behind a host or a virtual address; the host itself if none. */
  public String nameOf(String host) {
    return Cidr.isAddress(host) ? nameOfAddress.getOrDefault(host, host) : host;
  }

  /** Whether a host is a name or virtual address of the mesh. */
  public boolean knows(String host) {
    String name = HostTable.lowerCase(host);
    return names.addresses().containsKey(name) || nameOfAddress.containsKey(name);
  }
}
