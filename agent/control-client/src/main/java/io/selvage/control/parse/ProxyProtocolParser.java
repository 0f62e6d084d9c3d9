package io.selvage.control.parse;

import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.ProxyProtocolConfig;
import io.envoyproxy.envoy.config.core.v3.TransportSocket;
import io.envoyproxy.envoy.extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport;
import io.selvage.engine.model.ProxyProtocol;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code upstream_proxy_protocol}: a transport socket around another one. */
final class ProxyProtocolParser {
  private static final String TYPE =
      "envoy.extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport";

  private ProxyProtocolParser() {}

  /** The socket inside; the socket itself when it is no such one. */
  static TransportSocket inner(TransportSocket socket, Field f) {
    ProxyProtocolUpstreamTransport around = around(socket, f);
    return around == null ? socket : around.getTransportSocket();
  }

  /** What all connections of the cluster begin with. */
  static @Nullable ProxyProtocol version(Cluster cluster, Field f) {
    Set<@Nullable ProxyProtocol> found = new HashSet<>();
    boolean matched = cluster.getTransportSocketMatchesCount() > 0;
    if (cluster.hasTransportSocket() || !matched) {
      found.add(version(cluster.getTransportSocket(), f.at("transport_socket")));
    }
    for (int i = 0; i < cluster.getTransportSocketMatchesCount(); i++) {
      found.add(
          version(
              cluster.getTransportSocketMatches(i).getTransportSocket(),
              f.at("transport_socket_matches", i).at("transport_socket")));
    }
    if (found.size() > 1) {
      f.at("transport_socket_matches")
          .refuse("the PROXY protocol for some endpoints only is not supported");
    }
    return found.iterator().next();
  }

  private static @Nullable ProxyProtocol version(TransportSocket socket, Field f) {
    ProxyProtocolUpstreamTransport around = around(socket, f);
    if (around == null) {
      return null;
    }
    Field at = f.at("typed_config.config");
    ProxyProtocolConfig config = around.getConfig();
    f.at("typed_config").nothingUnknown(around);
    at.nothingUnknown(config);
    at.forbidden(config.getAddedTlvsCount() > 0, "added_tlvs");
    at.unsupported(config.hasPassThroughTlvs(), "pass_through_tlvs");
    return switch (config.getVersion()) {
      case V1 -> ProxyProtocol.V1;
      case V2 -> ProxyProtocol.V2;
      case UNRECOGNIZED -> {
        at.at("version").refuse("unknown: " + config.getVersionValue());
        yield null;
      }
    };
  }

  private static @Nullable ProxyProtocolUpstreamTransport around(TransportSocket socket, Field f) {
    return Field.typeOf(socket.getTypedConfig()).equals(TYPE)
        ? f.at("typed_config")
            .unpack(socket.getTypedConfig(), TYPE, ProxyProtocolUpstreamTransport.parser())
        : null;
  }
}
