package io.selvage.instrumentation.httpclient5async;

import io.selvage.engine.model.UpstreamTls;
import io.selvage.extension.EndpointAddress;
import io.selvage.extension.MeshRuntime;
import java.security.SecureRandom;
import java.util.List;
import java.util.Objects;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLContextSpi;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLServerSocketFactory;
import javax.net.ssl.SSLSessionContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * The mesh's TLS in the form that the library asks for: a context that makes the engine of one
 * endpoint, whatever host it is asked for.
 */
final class EngineOf extends SSLContextSpi {
  private final MeshRuntime mesh;
  private final EndpointAddress to;
  private final UpstreamTls tls;
  private final SSLContext context;
  private final List<String> alpn;

  private EngineOf(MeshRuntime mesh, EndpointAddress to, List<String> alpn) {
    this.mesh = mesh;
    this.to = to;
    this.tls = Objects.requireNonNull(to.tls());
    this.context = mesh.tls().clientContext(tls);
    this.alpn = alpn;
  }

  /**
   * @param to with TLS
   */
  static SSLContext context(MeshRuntime mesh, EndpointAddress to, List<String> alpn) {
    EngineOf engine = new EngineOf(mesh, to, alpn);
    return new SSLContext(engine, engine.context.getProvider(), engine.context.getProtocol()) {};
  }

  @Override
  protected SSLEngine engineCreateSSLEngine() {
    return mesh.tls().clientEngine(tls, to.endpoint(), alpn);
  }

  @Override
  protected SSLEngine engineCreateSSLEngine(@Nullable String host, int port) {
    return engineCreateSSLEngine();
  }

  @Override
  protected void engineInit(
      KeyManager @Nullable [] keys,
      TrustManager @Nullable [] trust,
      @Nullable SecureRandom random) {
    throw new UnsupportedOperationException("keys and trust are the mesh's");
  }

  @Override
  protected SSLSocketFactory engineGetSocketFactory() {
    return context.getSocketFactory();
  }

  @Override
  protected SSLServerSocketFactory engineGetServerSocketFactory() {
    return context.getServerSocketFactory();
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
