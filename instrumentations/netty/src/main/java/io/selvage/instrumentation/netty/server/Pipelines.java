package io.selvage.instrumentation.netty.server;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelPipeline;
import io.netty.util.AttributeKey;
import io.selvage.engine.flow.Peer;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** What the application's own handlers say about a connection. */
final class Pipelines {
  /** Where the request tiers look up who is at the other end; absent = plaintext. */
  static final AttributeKey<Supplier<Peer>> CONNECTION =
      AttributeKey.valueOf("io.selvage.connection");

  private static final List<String> OWN_TLS = List.of("SslHandler", "SniHandler");

  /** Parts of names of handlers that also take an HTTP/2 preface. */
  private static final List<String> SPEAKS_HTTP2 =
      List.of("H2C", "h2c", "OrH2", "H2OrHttp11", "HttpServerPipelineConfigurator", "Http2");

  private Pipelines() {}

  /** Whether the application speaks TLS itself here. */
  static boolean hasOwnTls(ChannelPipeline pipeline) {
    for (Map.Entry<String, ChannelHandler> entry : pipeline) {
      for (Class<?> type = entry.getValue().getClass();
          type != null && type != Object.class;
          type = type.getSuperclass()) {
        if (mentions(type.getSimpleName(), OWN_TLS)) {
          return true;
        }
      }
    }
    return false;
  }

  /** What may be offered in ALPN, best first. */
  static List<String> alpn(ChannelPipeline pipeline) {
    boolean http2 = false;
    for (Map.Entry<String, ChannelHandler> entry : pipeline) {
      Class<?> type = entry.getValue().getClass();
      if (type.getName().contains("io.grpc.netty.")) {
        return List.of("h2");
      }
      http2 |=
          mentions(entry.getKey(), SPEAKS_HTTP2)
              || mentions(type.getName(), SPEAKS_HTTP2)
              || mentions(type.getSuperclass().getName(), SPEAKS_HTTP2);
    }
    return http2 ? List.of("h2", "http/1.1") : List.of("http/1.1");
  }

  private static boolean mentions(String name, List<String> parts) {
    for (String part : parts) {
      if (name.contains(part)) {
        return true;
      }
    }
    return false;
  }

  static int localPort(Channel channel) {
    return channel.localAddress() instanceof InetSocketAddress address ? address.getPort() : 0;
  }
}
