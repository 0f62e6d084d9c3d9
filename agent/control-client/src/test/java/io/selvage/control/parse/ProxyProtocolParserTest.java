package io.selvage.control.parse;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.ProxyProtocolConfig;
import io.envoyproxy.envoy.config.core.v3.TlvEntry;
import io.envoyproxy.envoy.config.core.v3.TransportSocket;
import io.envoyproxy.envoy.extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport;
import io.envoyproxy.envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer;
import io.selvage.engine.model.ProxyProtocol;
import org.junit.jupiter.api.Test;

class ProxyProtocolParserTest {
  private static Any any(com.google.protobuf.MessageLite message, String type) {
    return Any.newBuilder()
        .setTypeUrl("type.googleapis.com/" + type)
        .setValue(message.toByteString())
        .build();
  }

  private static TransportSocket raw() {
    return TransportSocket.newBuilder()
        .setName("envoy.transport_sockets.raw_buffer")
        .setTypedConfig(
            any(
                RawBuffer.getDefaultInstance(),
                "envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer"))
        .build();
  }

  private static TransportSocket announced(ProxyProtocolConfig.Builder config) {
    return TransportSocket.newBuilder()
        .setName("envoy.transport_sockets.upstream_proxy_protocol")
        .setTypedConfig(
            any(
                ProxyProtocolUpstreamTransport.newBuilder()
                    .setConfig(config)
                    .setTransportSocket(raw())
                    .build(),
                "envoy.extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport"))
        .build();
  }

  private static ProxyProtocolConfig.Builder version(ProxyProtocolConfig.Version version) {
    return ProxyProtocolConfig.newBuilder().setVersion(version);
  }

  @Test
  void bothVersionsAreReadAndTheSocketInsideCounts() {
    for (ProxyProtocol each : ProxyProtocol.values()) {
      var parsed =
          ClusterParser.parse(
              Cluster.newBuilder()
                  .setName("c")
                  .setTransportSocket(
                      announced(version(ProxyProtocolConfig.Version.valueOf(each.name()))))
                  .build());
      assertThat(parsed.reasons()).isEmpty();
      assertThat(parsed.value().proxyProtocol()).isEqualTo(each);
      assertThat(parsed.value().tls()).isNull();
    }
  }

  @Test
  void whatTheReceiverWouldMissIsRefused() {
    assertThat(
            ClusterParser.parse(
                    Cluster.newBuilder()
                        .setName("c")
                        .setTransportSocket(
                            announced(
                                version(ProxyProtocolConfig.Version.V2)
                                    .addAddedTlvs(
                                        TlvEntry.newBuilder()
                                            .setType(0xE0)
                                            .setValue(ByteString.copyFromUtf8("x")))))
                        .build())
                .reasons())
        .containsExactly("transport_socket.typed_config.config.added_tlvs: not supported");
    assertThat(
            ClusterParser.parse(
                    Cluster.newBuilder()
                        .setName("c")
                        .addTransportSocketMatches(
                            Cluster.TransportSocketMatch.newBuilder()
                                .setTransportSocket(
                                    announced(version(ProxyProtocolConfig.Version.V1))))
                        .addTransportSocketMatches(
                            Cluster.TransportSocketMatch.newBuilder().setTransportSocket(raw()))
                        .build())
                .reasons())
        .containsExactly(
            "transport_socket_matches: the PROXY protocol for some endpoints only is not supported");
  }
}
