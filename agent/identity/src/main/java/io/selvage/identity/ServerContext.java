package io.selvage.identity;

import io.selvage.engine.model.FilterChain.DownstreamTls;
import java.security.KeyManagementException;
import java.security.SecureRandom;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLContextSpi;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLServerSocketFactory;
import javax.net.ssl.SSLSessionContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;

/** A context whose engines and sockets demand the client's certificate from the start. */
final class ServerContext extends SSLContext {
  ServerContext(
      SSLContext context, DownstreamTls tls, OpenConnections open, KeyExchanges exchanges) {
    super(new Spi(context, tls, open, exchanges), context.getProvider(), context.getProtocol());
  }

  private static final class Spi extends SSLContextSpi {
    private final SSLContext context;
    private final DownstreamTls tls;
    private final OpenConnections open;
    private final KeyExchanges exchanges;

    Spi(SSLContext context, DownstreamTls tls, OpenConnections open, KeyExchanges exchanges) {
      this.exchanges = exchanges;
      this.open = open;
      this.context = context;
      this.tls = tls;
    }

    @Override
    protected void engineInit(
        KeyManager @Nullable [] keys,
        TrustManager @Nullable [] trust,
        @Nullable SecureRandom random)
        throws KeyManagementException {
      throw new KeyManagementException("the mesh's context is ready made");
    }

    @Override
    protected SSLEngine engineCreateSSLEngine() {
      return open.watched(
          new ServerEngine(context.createSSLEngine(), tls, List.of("http/1.1"), exchanges));
    }

    @Override
    protected SSLEngine engineCreateSSLEngine(String host, int port) {
      return open.watched(
          new ServerEngine(
              context.createSSLEngine(host, port), tls, List.of("http/1.1"), exchanges));
    }

    @Override
    protected SSLSocketFactory engineGetSocketFactory() {
      return new ServerSockets(context.getSocketFactory(), tls);
    }

    @Override
    protected SSLServerSocketFactory engineGetServerSocketFactory() {
      throw new UnsupportedOperationException("accepted sockets are wrapped one by one");
    }

    @Override
    protected SSLSessionContext engineGetServerSessionContext() {
      return context.getServerSessionContext();
    }

    @Override
    protected SSLSessionContext engineGetClientSessionContext() {
      return context.getClientSessionContext();
    }
  }
}
