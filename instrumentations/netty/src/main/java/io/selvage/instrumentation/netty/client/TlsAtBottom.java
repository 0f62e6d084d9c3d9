package io.selvage.instrumentation.netty.client;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.ssl.SslHandler;
import io.selvage.engine.model.Endpoint;
import io.selvage.engine.model.UpstreamTls;
import io.selvage.extension.MeshRuntime;
import java.util.List;

/**
 * Puts TLS first in a pipeline. A class of its own: where the application has no netty-handler,
 * only connections that need TLS fail.
 */
final class TlsAtBottom {
  private static final String NAME = "selvage-tls";

  private TlsAtBottom() {}

  /** The handshake gets as long as connecting does. */
  static void add(
      MeshRuntime mesh,
      ChannelHandlerContext context,
      Endpoint endpoint,
      UpstreamTls tls,
      List<String> alpn) {
    SslHandler handler = new SslHandler(mesh.tls().clientEngine(tls, endpoint, alpn));
    int connectTimeoutMillis = context.channel().config().getConnectTimeoutMillis();
    if (connectTimeoutMillis > 0) {
      handler.setHandshakeTimeoutMillis(connectTimeoutMillis);
    }
    context.pipeline().addFirst(NAME, handler);
  }
}
