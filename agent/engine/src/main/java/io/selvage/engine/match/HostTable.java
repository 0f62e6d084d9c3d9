package io.selvage.engine.match;

import io.selvage.engine.model.RouteConfig.HostMatching;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Finds what belongs to an authority, in Envoy's order: exact, longest suffix ({@code *.example}),
 * longest prefix ({@code example.*}), then {@code *}.
 *
 * <p>Without case. What is done about a port is the configuration's to say.
 *
 * @param <H> what is found
 */
public final class HostTable<H> {
  private final Map<String, H> exact = new HashMap<>();
  private final Map<String, H> suffixes = new HashMap<>();
  private final Map<String, H> prefixes = new HashMap<>();
  private final int[] suffixLengths;
  private final int[] prefixLengths;
  private final @Nullable H fallback;
  private final HostMatching matching;

  /** Where an authority is looked up as it is written and then without its port. */
  public HostTable(List<H> entries, Function<H, List<String>> domains) {
    this(entries, domains, HostMatching.EITHER);
  }

  /**
   * @param domains of an entry; the first entry that names a domain has it
   */
  public HostTable(List<H> entries, Function<H, List<String>> domains, HostMatching matching) {
    this.matching = matching;
    H any = null;
    TreeSet<Integer> bySuffix = new TreeSet<>((a, b) -> b - a);
    TreeSet<Integer> byPrefix = new TreeSet<>((a, b) -> b - a);
    for (H entry : entries) {
      for (String written : domains.apply(entry)) {
        String domain = written.toLowerCase(Locale.ROOT);
        if ("*".equals(domain)) {
          any = any == null ? entry : any;
        } else if (domain.startsWith("*")) {
          suffixes.putIfAbsent(domain.substring(1), entry);
          bySuffix.add(domain.length() - 1);
        } else if (domain.endsWith("*")) {
          prefixes.putIfAbsent(domain.substring(0, domain.length() - 1), entry);
          byPrefix.add(domain.length() - 1);
        } else {
          exact.putIfAbsent(domain, entry);
        }
      }
    }
    fallback = any;
    suffixLengths = bySuffix.stream().mapToInt(Integer::intValue).toArray();
    prefixLengths = byPrefix.stream().mapToInt(Integer::intValue).toArray();
  }

  /** What belongs to an authority; null when nothing does. */
  public @Nullable H find(String authority) {
    String written = lowerCase(authority);
    String host = matching == HostMatching.WITHOUT_PORT ? withoutPort(written) : written;
    H found = named(host);
    if (found == null && matching == HostMatching.EITHER) {
      String bare = withoutPort(host);
      found = bare.length() == host.length() ? null : named(bare);
    }
    return found == null ? fallback : found;
  }

  private @Nullable H named(String host) {
    H found = exact.get(host);
    for (int i = 0; found == null && i < suffixLengths.length; i++) {
      int length = suffixLengths[i];
      if (host.length() > length) {
        found = suffixes.get(host.substring(host.length() - length));
      }
    }
    for (int i = 0; found == null && i < prefixLengths.length; i++) {
      int length = prefixLengths[i];
      if (host.length() > length) {
        found = prefixes.get(host.substring(0, length));
      }
    }
    return found;
  }

  /** The same string unless it has an upper-case letter. */
  public static String lowerCase(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c >= 'A' && c <= 'Z') {
        return text.toLowerCase(Locale.ROOT);
      }
    }
    return text;
  }

  /** An authority without its port; IPv6 addresses keep their brackets. */
  public static String withoutPort(String authority) {
    int colon = authority.lastIndexOf(':');
    if (colon < 0 || authority.indexOf(']', colon) >= 0) {
      return authority;
    }
    if (authority.indexOf(':') != colon && authority.charAt(0) != '[') {
      return authority;
    }
    for (int i = colon + 1; i < authority.length(); i++) {
      if (authority.charAt(i) < '0' || authority.charAt(i) > '9') {
        return authority;
      }
    }
    return authority.substring(0, colon);
  }
}
