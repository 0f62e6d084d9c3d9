package io.selvage.instrumentation.testing.server;

import io.selvage.engine.flow.Peer;
import io.selvage.engine.model.Endpoint;
import io.selvage.engine.model.UpstreamTls;
import io.selvage.extension.MeshTls;
import io.selvage.instrumentation.testing.client.Credentials;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * The serving half of mesh TLS for tests: JSSE, one trust domain, credentials that can be changed.
 */
public final class ServerTls implements MeshTls {
  private static final String TRUST_DOMAIN = "spiffe://cluster.local/";

  private final Faults faults;
  private volatile SSLContext context;
  private volatile boolean broken;
  private final AtomicInteger engines = new AtomicInteger();
  private final AtomicInteger peers = new AtomicInteger();

  ServerTls(Credentials credentials, Faults faults) {
    this.faults = faults;
    this.context = contextOf(credentials);
  }

  /** A context that shows these credentials and checks the other side's SPIFFE id. */
  public static SSLContext contextOf(Credentials credentials) {
    return contextOf(credentials, true);
  }

  /** The same, but without a certificate to show. */
  public static SSLContext anonymous(Credentials credentials) {
    return contextOf(credentials, false);
  }

  /** What a caller outside the mesh connects with: it trusts the authority and shows nothing. */
  public static SSLContext browser(Credentials credentials) {
    return context(null, credentials.trust().getTrustManagers());
  }

  /** What a server outside the mesh listens with. */
  public static SSLContext https(Credentials credentials) {
    return context(credentials.keys().getKeyManagers(), null);
  }

  private static SSLContext context(KeyManager @Nullable [] keys, TrustManager @Nullable [] trust) {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys, trust, null);
      return context;
    } catch (GeneralSecurityException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  /** What {@link #contextOf} trusts with. */
  public static TrustManager trustOf(Credentials credentials) {
    return new SpiffeTrust((X509TrustManager) credentials.trust().getTrustManagers()[0]);
  }

  private static SSLContext contextOf(Credentials credentials, boolean shown) {
    return context(
        shown ? credentials.keys().getKeyManagers() : null,
        new TrustManager[] {trustOf(credentials)});
  }

  /** From now on new connections use these; those that are open stay. */
  public void rotate(Credentials credentials) {
    context = contextOf(credentials);
  }

  void broken(boolean value) {
    broken = value;
  }

  /** How many engines were made. */
  public int engines() {
    return engines.get();
  }

  /** How often a peer was parsed. */
  public int peers() {
    return peers.get();
  }

  @Override
  public SSLEngine serverEngine(int localPort, List<String> alpn) {
    if (broken) {
      throw new IllegalStateException("no engine today");
    }
    engines.incrementAndGet();
    SSLEngine engine = context.createSSLEngine();
    engine.setUseClientMode(false);
    engine.setNeedClientAuth(true);
    engine.setHandshakeApplicationProtocolSelector(
        (e, offered) -> alpn.stream().filter(offered::contains).findFirst().orElse(""));
    return engine;
  }

  @Override
  public SSLContext serverContext(int localPort) {
    return context;
  }

  @Override
  public Peer peer(
      String remoteAddress,
      int remotePort,
      String localAddress,
      int localPort,
      @Nullable SSLSession session) {
    peers.incrementAndGet();
    faults.at(Faults.Point.IDENTITY);
    if (session == null) {
      return new Peer(remoteAddress, remotePort, localAddress, localPort, false, null, null, null);
    }
    try {
      X509Certificate leaf = (X509Certificate) session.getPeerCertificates()[0];
      String hash =
          HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(leaf.getEncoded()));
      return new Peer(
          remoteAddress,
          remotePort,
          localAddress,
          localPort,
          true,
          SpiffeTrust.spiffeId(leaf),
          null,
          hash);
    } catch (SSLPeerUnverifiedException | CertificateException | NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public Object epoch() {
    return context;
  }

  @Override
  public Object poolKey(Endpoint endpoint, @Nullable UpstreamTls tls) {
    throw new UnsupportedOperationException("the calling side");
  }

  @Override
  public SSLContext clientContext(UpstreamTls tls) {
    throw new UnsupportedOperationException("the calling side");
  }

  @Override
  public SSLSocketFactory clientSockets(UpstreamTls tls, Endpoint endpoint, List<String> alpn) {
    throw new UnsupportedOperationException("the calling side");
  }

  @Override
  public SSLEngine clientEngine(UpstreamTls tls, Endpoint endpoint, List<String> alpn) {
    throw new UnsupportedOperationException("the calling side");
  }

  /** Chain first, then one SPIFFE id of the trust domain; never the host's name. */
  private static final class SpiffeTrust extends X509ExtendedTrustManager {
    private final X509TrustManager chain;

    SpiffeTrust(X509TrustManager chain) {
      this.chain = chain;
    }

    static String spiffeId(X509Certificate leaf) throws CertificateException {
      var names = leaf.getSubjectAlternativeNames();
      List<String> ids =
          names == null
              ? List.of()
              : names.stream()
                  .filter(n -> Integer.valueOf(6).equals(n.get(0)))
                  .map(n -> (String) n.get(1))
                  .toList();
      if (ids.size() != 1 || !ids.get(0).startsWith(TRUST_DOMAIN)) {
        throw new CertificateException("not of the trust domain: " + ids);
      }
      return ids.get(0);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] certificates, String type)
        throws CertificateException {
      chain.checkClientTrusted(certificates, type);
      spiffeId(certificates[0]);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] certificates, String type)
        throws CertificateException {
      chain.checkServerTrusted(certificates, type);
      spiffeId(certificates[0]);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] certificates, String type, Socket socket)
        throws CertificateException {
      checkClientTrusted(certificates, type);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] certificates, String type, Socket socket)
        throws CertificateException {
      checkServerTrusted(certificates, type);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] certificates, String type, SSLEngine engine)
        throws CertificateException {
      checkClientTrusted(certificates, type);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] certificates, String type, SSLEngine engine)
        throws CertificateException {
      checkServerTrusted(certificates, type);
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return chain.getAcceptedIssuers();
    }
  }
}
