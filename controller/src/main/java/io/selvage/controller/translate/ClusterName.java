package io.selvage.controller.translate;

/** Names of clusters, as Istio writes them. */
final class ClusterName {
  static final String PASSTHROUGH = "PassthroughCluster";
  static final String BLACK_HOLE = "BlackHoleCluster";

  private ClusterName() {}

  static String outbound(int port, String subset, String host) {
    return "outbound|" + port + "|" + subset + "|" + host;
  }

  static String inbound(int port) {
    return "inbound|" + port + "||";
  }

  /** Istio's server name for mutual TLS within the mesh. */
  static String sni(int port, String subset, String host) {
    return "outbound_." + port + "_." + subset + "_." + host;
  }
}
