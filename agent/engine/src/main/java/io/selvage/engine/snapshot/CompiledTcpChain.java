package io.selvage.engine.snapshot;

import io.selvage.engine.match.Cidr;
import io.selvage.engine.model.CidrRange;
import io.selvage.engine.model.Listener;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * One choice of a TCP listener. The server name is the name that the application called: it is
 * decided at connect, before any ClientHello. Order as Envoy's filter chain matching: the longest
 * range first, then exact names, then the longest wildcard.
 */
record CompiledTcpChain(List<String> serverNames, List<Cidr> ranges, int weight, Split split) {
  private static final int RANGE_WEIGHT = 1_000;
  private static final int EXACT = 512;

  /**
   * Compiles and orders.
   *
   * @throws IllegalArgumentException where a range is none
   */
  static List<CompiledTcpChain> of(List<Listener.Chain> chains) {
    List<CompiledTcpChain> compiled = new ArrayList<>();
    for (Listener.Chain chain : chains) {
      List<Cidr> ranges = new ArrayList<>();
      int longest = 0;
      for (CidrRange range : chain.ranges()) {
        ranges.add(Cidr.of(range));
        longest = Math.max(longest, range.prefixLength() + 1);
      }
      int name = 0;
      for (String each : chain.serverNames()) {
        name = Math.max(name, each.startsWith("*") ? each.length() : EXACT + each.length());
      }
      compiled.add(
          new CompiledTcpChain(
              chain.serverNames(),
              List.copyOf(ranges),
              longest * RANGE_WEIGHT + name,
              new Split(chain.clusters())));
    }
    compiled.sort(Comparator.comparingInt(CompiledTcpChain::weight).reversed());
    return List.copyOf(compiled);
  }

  boolean takes(String host, List<String> addresses) {
    return (serverNames.isEmpty() || isNamed(host))
        && (ranges.isEmpty() || isWithin(host, addresses));
  }

  private boolean isNamed(String host) {
    for (int i = 0; i < serverNames.size(); i++) {
      String name = serverNames.get(i);
      boolean matches =
          name.startsWith("*.")
              ? host.endsWith(name.substring(1)) && host.length() >= name.length()
              : name.equals("*") || name.equals(host);
      if (matches) {
        return true;
      }
    }
    return false;
  }

  private boolean isWithin(String host, List<String> addresses) {
    for (int i = 0; i < ranges.size(); i++) {
      if (ranges.get(i).contains(host)) {
        return true;
      }
      for (int j = 0; j < addresses.size(); j++) {
        if (ranges.get(i).contains(addresses.get(j))) {
          return true;
        }
      }
    }
    return false;
  }
}
