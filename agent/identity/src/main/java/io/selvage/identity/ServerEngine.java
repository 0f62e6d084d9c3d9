package io.selvage.identity;

import io.selvage.engine.model.FilterChain.DownstreamTls;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.BiFunction;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * A server's engine whose demand for a client certificate cannot be talked down by the library that
 * drives it, and which gives application protocols their plain names.
 */
final class ServerEngine extends SSLEngine {
  private final SSLEngine engine;
  private final DownstreamTls tls;
  private final SSLParameters mesh;

  ServerEngine(SSLEngine engine, DownstreamTls tls, List<String> codec) {
    super(engine.getPeerHost(), engine.getPeerPort());
    this.engine = engine;
    this.tls = tls;
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

  @Override
  public SSLParameters getSSLParameters() {
    return engine.getSSLParameters();
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
  public @Nullable BiFunction<SSLEngine, List<String>, String>
      getHandshakeApplicationProtocolSelector() {
    return engine.getHandshakeApplicationProtocolSelector();
  }

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
    return engine.wrap(from, offset, length, to);
  }

  @Override
  public SSLEngineResult unwrap(ByteBuffer from, ByteBuffer[] to, int offset, int length)
      throws SSLException {
    return engine.unwrap(from, to, offset, length);
  }

  @Override
  public @Nullable Runnable getDelegatedTask() {
    return engine.getDelegatedTask();
  }

  @Override
  public void closeInbound() throws SSLException {
    engine.closeInbound();
  }

  @Override
  public boolean isInboundDone() {
    return engine.isInboundDone();
  }

  @Override
  public void closeOutbound() {
    engine.closeOutbound();
  }

  @Override
  public boolean isOutboundDone() {
    return engine.isOutboundDone();
  }

  @Override
  public String[] getSupportedCipherSuites() {
    return engine.getSupportedCipherSuites();
  }

  @Override
  public String[] getEnabledCipherSuites() {
    return engine.getEnabledCipherSuites();
  }

  @Override
  public void setEnabledCipherSuites(String[] suites) {
    engine.setEnabledCipherSuites(TlsDefaults.suitesWithin(mesh.getCipherSuites(), suites));
  }

  @Override
  public String[] getSupportedProtocols() {
    return engine.getSupportedProtocols();
  }

  @Override
  public String[] getEnabledProtocols() {
    return engine.getEnabledProtocols();
  }

  @Override
  public void setEnabledProtocols(String[] protocols) {
    engine.setEnabledProtocols(TlsDefaults.within(mesh.getProtocols(), protocols));
  }

  @Override
  public SSLSession getSession() {
    return engine.getSession();
  }

  @Override
  public @Nullable SSLSession getHandshakeSession() {
    return engine.getHandshakeSession();
  }

  @Override
  public void beginHandshake() throws SSLException {
    engine.beginHandshake();
  }

  @Override
  public SSLEngineResult.HandshakeStatus getHandshakeStatus() {
    return engine.getHandshakeStatus();
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

  @Override
  public boolean getNeedClientAuth() {
    return engine.getNeedClientAuth();
  }

  @Override
  public boolean getWantClientAuth() {
    return engine.getWantClientAuth();
  }

  @Override
  public void setEnableSessionCreation(boolean may) {
    engine.setEnableSessionCreation(may);
  }

  @Override
  public boolean getEnableSessionCreation() {
    return engine.getEnableSessionCreation();
  }
}
