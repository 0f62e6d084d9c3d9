package io.selvage.runtime;

import io.selvage.engine.model.NameTable;
import io.selvage.extension.Names;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Names of the table in force; addresses are read once a table. Any thread. */
final class MeshNames implements Names {
  private record Read(
      NameTable table, Map<String, List<byte[]>> forward, Map<String, String> back) {}

  private final Supplier<NameTable> table;
  private volatile Read read = new Read(NameTable.EMPTY, Map.of(), Map.of());

  MeshNames(Supplier<NameTable> table) {
    this.table = table;
  }

  @Override
  public @Nullable List<InetAddress> resolve(String host) {
    Map<String, List<byte[]>> forward = current().forward();
    if (forward.isEmpty()) {
      return null;
    }
    List<byte[]> addresses = forward.get(key(host));
    if (addresses == null) {
      return null;
    }
    List<InetAddress> labelled = new ArrayList<>(addresses.size());
    for (byte[] address : addresses) {
      try {
        labelled.add(InetAddress.getByAddress(host, address));
      } catch (UnknownHostException impossible) {
        throw new IllegalStateException(impossible);
      }
    }
    return labelled;
  }

  @Override
  public @Nullable String nameOf(InetAddress address) {
    Map<String, String> back = current().back();
    return back.isEmpty() ? null : back.get(address.getHostAddress());
  }

  private static String key(String host) {
    String name = host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
    return name.toLowerCase(Locale.ROOT);
  }

  private Read current() {
    NameTable now = table.get();
    Read known = read;
    if (known.table() == now) {
      return known;
    }
    Map<String, List<byte[]>> forward = new HashMap<>();
    Map<String, String> back = new HashMap<>();
    now.addresses()
        .forEach(
            (name, addresses) -> {
              List<byte[]> bytes = new ArrayList<>();
              for (String text : addresses) {
                byte[] address = IpText.parse(text);
                if (address != null) {
                  bytes.add(address);
                  // the longest name is the one that every namespace means the same by
                  back.merge(
                      IpText.print(address), name, (a, b) -> a.length() >= b.length() ? a : b);
                }
              }
              if (!bytes.isEmpty()) {
                forward.put(key(name), bytes);
              }
            });
    Read fresh = new Read(now, forward, back);
    read = fresh;
    return fresh;
  }
}
