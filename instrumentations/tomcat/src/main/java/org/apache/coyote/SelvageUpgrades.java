package org.apache.coyote;

/** Defined beside Tomcat's own classes, as the protocol behind an endpoint is not public. */
public final class SelvageUpgrades {
  private SelvageUpgrades() {}

  /** Whether the connector behind this endpoint's handler speaks HTTP/2. */
  public static boolean speaksHttp2(Object handler) {
    if (handler instanceof AbstractProtocol.ConnectionHandler<?> connections) {
      for (UpgradeProtocol upgrade : connections.getProtocol().findUpgradeProtocols()) {
        if ("h2".equals(upgrade.getAlpnName())) {
          return true;
        }
      }
    }
    return false;
  }
}
