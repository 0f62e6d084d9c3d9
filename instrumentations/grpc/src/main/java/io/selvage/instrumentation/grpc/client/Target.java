package io.selvage.instrumentation.grpc.client;

import org.jspecify.annotations.Nullable;

/**
 * The host and port that a channel is built for.
 *
 * @param host name or address, without brackets
 */
record Target(String host, int port) {
  /**
   * Reads {@code host:port}, {@code dns:host:port}, {@code dns:///host:port} and {@code
   * dns://server/host:port}.
   *
   * @return null for other schemes and targets without port, which are the application's own
   *     business
   */
  static @Nullable Target parse(@Nullable String target) {
    if (target == null) {
      return null;
    }
    String rest = target;
    if (rest.startsWith("dns:")) {
      rest = rest.substring(4);
      if (rest.startsWith("//")) {
        int slash = rest.indexOf('/', 2);
        if (slash < 0) {
          return null;
        }
        rest = rest.substring(slash + 1);
      }
    }
    int colon = rest.lastIndexOf(':');
    if (colon <= 0 || rest.indexOf('/') >= 0) {
      return null;
    }
    String host = rest.substring(0, colon);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    } else if (host.indexOf(':') >= 0) {
      return null;
    }
    int port = port(rest.substring(colon + 1));
    return port < 0 ? null : new Target(host, port);
  }

  private static int port(String text) {
    int port = 0;
    for (int i = 0; i < text.length(); i++) {
      int digit = text.charAt(i) - '0';
      if (digit < 0 || digit > 9 || port > 65_535) {
        return -1;
      }
      port = port * 10 + digit;
    }
    return port > 0 && port < 65_536 ? port : -1;
  }
}
