package io.selvage.controller.translate;

import java.util.Locale;

/** What is spoken on a port, as far as the mesh cares. */
public enum Protocol {
  HTTP,
  HTTP2,
  GRPC,
  TLS,
  TCP,
  /** Nobody said; decided by what registered workloads say, else TCP. */
  UNSET,
  UDP;

  /** Whether requests are routed one by one. */
  public boolean isHttp() {
    return this == HTTP || this == HTTP2 || this == GRPC;
  }

  /** Whether the wire is HTTP/2 from the first byte. */
  public boolean isHttp2() {
    return this == HTTP2 || this == GRPC;
  }

  /**
   * Istio's rules for Kubernetes: {@code appProtocol} wins, else the name up to the first dash.
   *
   * @param transport {@code TCP} or {@code UDP}
   */
  static Protocol ofServicePort(String transport, String appProtocol, String name) {
    if (transport.equals("UDP")) {
      return UDP;
    }
    if (!appProtocol.isEmpty()) {
      return switch (appProtocol) {
        case "kubernetes.io/h2c" -> HTTP2;
        case "kubernetes.io/ws", "kubernetes.io/wss" -> HTTP;
        default -> of(appProtocol);
      };
    }
    int dash = name.indexOf('-');
    return of(name.equals("grpc-web") ? "grpc-web" : dash < 0 ? name : name.substring(0, dash));
  }

  /** By name; names that mean nothing to the mesh give {@link #UNSET}. */
  static Protocol of(String name) {
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "http", "http_proxy", "grpc-web" -> HTTP;
      case "http2", "h2c" -> HTTP2;
      case "grpc" -> GRPC;
      case "https", "tls" -> TLS;
      case "tcp", "mongo", "mysql", "redis", "postgres", "postgresql", "kafka", "ldap" -> TCP;
      case "udp" -> UDP;
      default -> UNSET;
    };
  }
}
