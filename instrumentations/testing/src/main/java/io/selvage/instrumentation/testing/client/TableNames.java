package io.selvage.instrumentation.testing.client;

import io.selvage.engine.stack.Engine;
import io.selvage.extension.Names;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The name table of an engine's configuration. */
final class TableNames implements Names {
  private final Engine engine;

  TableNames(Engine engine) {
    this.engine = engine;
  }

  @Override
  public @Nullable List<InetAddress> resolve(String host) {
    String name = host.toLowerCase(Locale.ROOT);
    if (name.endsWith(".")) {
      name = name.substring(0, name.length() - 1);
    }
    List<String> virtual = engine.names().addresses().get(name);
    if (virtual == null) {
      return null;
    }
    List<InetAddress> addresses = new ArrayList<>(virtual.size());
    for (String address : virtual) {
      addresses.add(labelled(host, address));
    }
    return addresses;
  }

  @Override
  public @Nullable String nameOf(InetAddress address) {
    String wanted = address.getHostAddress();
    for (Map.Entry<String, List<String>> entry : engine.names().addresses().entrySet()) {
      if (entry.getValue().contains(wanted)) {
        return entry.getKey();
      }
    }
    return null;
  }

  /** Addresses are written as four numbers, so nothing is looked up. */
  private static InetAddress labelled(String host, String address) {
    String[] parts = address.split("\\.");
    byte[] bytes = new byte[4];
    for (int i = 0; i < 4; i++) {
      bytes[i] = (byte) Integer.parseInt(parts[i]);
    }
    try {
      return InetAddress.getByAddress(host, bytes);
    } catch (UnknownHostException impossible) {
      throw new IllegalStateException(impossible);
    }
  }
}
