package io.selvage.identity;

import java.nio.charset.StandardCharsets;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.StandardConstants;

/** A host name to ask a server for. */
final class ServerName extends SNIServerName {
  private ServerName(String name) {
    super(StandardConstants.SNI_HOST_NAME, name.getBytes(StandardCharsets.US_ASCII));
  }

  /**
   * The name that is sent. Of Istio's {@code outbound_.9080_.v1_.reviews.default.svc.cluster.local}
   * only the host: underscores are no host name characters (RFC 1123 §2.1), and every server on the
   * JDK's TLS answers them with {@code illegal_parameter}. Sidecars choose nothing by this name;
   * only gateways that pass TLS through between networks do.
   */
  static ServerName of(String sni) {
    int host = sni.lastIndexOf("_.");
    return new ServerName(host < 0 ? sni : sni.substring(host + 2));
  }
}
