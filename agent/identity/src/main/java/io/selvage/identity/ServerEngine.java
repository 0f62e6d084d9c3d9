package io.selvage.identity;

import io.selvage.engine.model.FilterChain.DownstreamTls;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.BiFunction;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;

/**
 * A server's engine whose demand for a client certificate cannot be talked down by the library that
 * drives it, and which gives application protocols their plain names.
 */
final class ServerEngine extends WatchedEngine {
  private final DownstreamTls tls;
  private final SSLParameters mesh;

  private final KeyExchanges exchanges;
  private boolean counted;

  ServerEngine(SSLEngine engine, DownstreamTls tls, List<String> codec, KeyExchanges exchanges) {
    super(engine);
    this.tls = tls;
    this.exchanges = exchanges;
    engine.setUseClientMode(false);
    mesh = TlsDefaults.parameters(engine.getSupportedCipherSuites(), tls.settings());
    demand(mesh);
    engine.setSSLParameters(mesh);
    engine.setHandshakeApplicationProtocolSelector((e, offered) -> Alpn.agreed(codec, offered));
  }

  private void demand(SSLParameters parameters) {
    if (tls.requireClientCertificate()) {
      parameters.setNeedClientAuth(true);
    } else {
      parameters.setWantClientAuth(true);
    }
  }

  @Override
  public void setSSLParameters(SSLParameters parameters) {
    demand(parameters);
    parameters.setProtocols(TlsDefaults.within(mesh.getProtocols(), parameters.getProtocols()));
    parameters.setCipherSuites(
        TlsDefaults.suitesWithin(mesh.getCipherSuites(), parameters.getCipherSuites()));
    NamedGroups.limit(parameters, tls.settings().groups());
    engine.setSSLParameters(parameters);
  }

  /** Ignored: the mesh decides. */
  @Override
  public void setNeedClientAuth(boolean need) {}

  /** Ignored: the mesh decides. */
  @Override
  public void setWantClientAuth(boolean want) {}

  /** Ignored: the selector of the mesh decides. */
  @Override
  public void setHandshakeApplicationProtocolSelector(
      @Nullable BiFunction<SSLEngine, List<String>, String> selector) {}

  @Override
  public @Nullable String getApplicationProtocol() {
    String agreed = engine.getApplicationProtocol();
    return agreed == null ? null : Alpn.plain(agreed);
  }

  @Override
  public @Nullable String getHandshakeApplicationProtocol() {
    String agreed = engine.getHandshakeApplicationProtocol();
    return agreed == null ? null : Alpn.plain(agreed);
  }

  @Override
  public SSLEngineResult wrap(ByteBuffer[] from, int offset, int length, ByteBuffer to)
      throws SSLException {
    if (counted) {
      return super.wrap(from, offset, length, to);
    }
    int start = to.position();
    SSLEngineResult result = super.wrap(from, offset, length, to);
    counted = exchanges.sends(to.duplicate().limit(to.position()).position(start));
    return result;
  }

  @Override
  public void setEnabledCipherSuites(String[] suites) {
    engine.setEnabledCipherSuites(TlsDefaults.suitesWithin(mesh.getCipherSuites(), suites));
  }

  @Override
  public void setEnabledProtocols(String[] protocols) {
    engine.setEnabledProtocols(TlsDefaults.within(mesh.getProtocols(), protocols));
  }

  /** Stays a server. */
  @Override
  public void setUseClientMode(boolean client) {
    if (client) {
      throw new IllegalArgumentException("a server's engine");
    }
  }

  @Override
  public boolean getUseClientMode() {
    return false;
  }
}
