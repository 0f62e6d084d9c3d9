package io.selvage.controller.translate;

import java.util.List;

/** Istio's rules for names of hosts. */
final class Hosts {
  private Hosts() {}

  /** A short name means a service in the namespace of the resource that holds it. */
  static String resolve(String host, String namespace, MeshSettings settings) {
    return host.contains(".") || host.equals("*") ? host : settings.hostOf(host, namespace);
  }

  /** Whether {@code pattern} (exact, {@code *} or {@code *.suffix}) covers {@code host}. */
  static boolean covers(String pattern, String host) {
    if (pattern.equals("*")) {
      return true;
    }
    if (pattern.startsWith("*")) {
      String suffix = pattern.substring(1);
      String other = host.startsWith("*") ? host.substring(1) : host;
      return other.endsWith(suffix) && (host.startsWith("*") || other.length() > suffix.length());
    }
    return pattern.equals(host);
  }

  /** The more literal characters, the more specific; exact names beat all patterns. */
  static int specificity(String pattern) {
    return pattern.startsWith("*") ? pattern.length() : 1_000 + pattern.length();
  }

  static boolean exported(List<String> exportTo, String owner, String client) {
    return exportTo.isEmpty()
        || exportTo.contains("*")
        || exportTo.contains(client)
        || (exportTo.contains(".") && owner.equals(client));
  }
}
