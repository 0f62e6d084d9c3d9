package io.selvage.identity;

import org.jspecify.annotations.Nullable;

/**
 * A SPIFFE id (https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE-ID.md §2): {@code
 * spiffe://trust-domain/path}.
 *
 * @param trustDomain lower case
 * @param path starts with a slash
 */
public record SpiffeId(String trustDomain, String path) {
  private static final String SCHEME = "spiffe://";
  private static final int MAX_BYTES = 2048;

  /** The id of a service account: {@code spiffe://TD/ns/NS/sa/SA}. */
  public static SpiffeId of(String trustDomain, String namespace, String serviceAccount) {
    return new SpiffeId(trustDomain, "/ns/" + namespace + "/sa/" + serviceAccount);
  }

  /** The id that a text spells; null when it is none, for whatever reason. */
  public static @Nullable SpiffeId parse(String text) {
    if (!text.startsWith(SCHEME) || text.length() > MAX_BYTES) {
      return null;
    }
    int slash = text.indexOf('/', SCHEME.length());
    if (slash < 0) {
      return null;
    }
    String domain = text.substring(SCHEME.length(), slash);
    String path = text.substring(slash);
    return isDomain(domain) && isPath(path) ? new SpiffeId(domain, path) : null;
  }

  /** The namespace of {@code /ns/NS/sa/SA}; empty for other paths. */
  public String namespace() {
    String[] parts = path.split("/", -1);
    return parts.length == 5 && parts[1].equals("ns") && parts[3].equals("sa") ? parts[2] : "";
  }

  /** The service account of {@code /ns/NS/sa/SA}; empty for other paths. */
  public String serviceAccount() {
    String[] parts = path.split("/", -1);
    return parts.length == 5 && parts[1].equals("ns") && parts[3].equals("sa") ? parts[4] : "";
  }

  private static boolean isDomain(String domain) {
    if (domain.isEmpty() || domain.length() > 255) {
      return false;
    }
    for (int i = 0; i < domain.length(); i++) {
      char c = domain.charAt(i);
      if (!(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '.' || c == '-' || c == '_')) {
        return false;
      }
    }
    return true;
  }

  private static boolean isPath(String path) {
    for (String segment : path.substring(1).split("/", -1)) {
      if (segment.isEmpty() || segment.equals(".") || segment.equals("..")) {
        return false;
      }
      for (int i = 0; i < segment.length(); i++) {
        char c = segment.charAt(i);
        if (!(c >= 'a' && c <= 'z'
            || c >= 'A' && c <= 'Z'
            || c >= '0' && c <= '9'
            || c == '.'
            || c == '-'
            || c == '_')) {
          return false;
        }
      }
    }
    return true;
  }

  @Override
  public String toString() {
    return SCHEME + trustDomain + path;
  }
}
