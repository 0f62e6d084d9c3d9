package io.selvage.control.parse;

import io.selvage.xds.istio.nds.NameTable;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The mesh's names (Istio NDS). */
public final class NameTableParser {
  private NameTableParser() {}

  /** A whole name table. */
  public static Parsed<io.selvage.engine.model.NameTable> names(NameTable table) {
    return Field.read(
        f -> {
          Map<String, List<String>> addresses = new HashMap<>();
          table
              .getTableMap()
              .forEach(
                  (host, info) -> {
                    String name = host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
                    if (!name.isEmpty() && info.getIpsCount() > 0) {
                      addresses.put(name.toLowerCase(Locale.ROOT), List.copyOf(info.getIpsList()));
                    }
                  });
          return new io.selvage.engine.model.NameTable(addresses);
        });
  }
}
