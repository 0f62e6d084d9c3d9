package io.selvage.instrumentation.netty.client;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.ssl.SslHandler;
import io.selvage.engine.model.Endpoint;
import io.selvage.engine.model.UpstreamTls;
import io.selvage.extension.MeshRuntime;
import io.selvage.extension.Revocable;
import java.util.List;
import javax.net.ssl.SSLEngine;

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
    SSLEngine engine = mesh.tls().clientEngine(tls, endpoint, alpn);
    if (engine instanceof Revocable revocable) {
      revocable.onRevoked(context.channel()::close);
    }
    SslHandler handler = new SslHandler(engine);
    int connectTimeoutMillis = context.channel().config().getConnectTimeoutMillis();
    if (connectTimeoutMillis > 0) {
      handler.setHandshakeTimeoutMillis(connectTimeoutMillis);
    }
    context.pipeline().addFirst(NAME, handler);
  }
}
