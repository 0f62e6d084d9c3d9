package io.selvage.identity;

import io.selvage.engine.flow.Peer;
import io.selvage.engine.model.Endpoint;
import io.selvage.engine.model.FilterChain.DownstreamTls;
import io.selvage.engine.model.ProxyProtocol;
import io.selvage.engine.model.StringMatch;
import io.selvage.engine.model.UpstreamTls;
import io.selvage.extension.MeshTls;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * {@link MeshTls} over a {@link WorkloadIdentity}, by the JDK's engine.
 *
 * <p>There is one context per (intent, epoch), so a resumed session never outlives a change of the
 * trust bundle, nor serves another intent. Any thread.
 */
public final class IdentityTls implements MeshTls {
  /** What the configuration says of TLS on one of the application's ports. */
  @FunctionalInterface
  public interface InboundTls {
    /**
     * The TLS chain of a port; null when it has none: then any mesh peer is asked for its
     * certificate and must show it.
     */
    @Nullable DownstreamTls of(int localPort);
  }

  private static final int MAX_CACHED = 2048;
  private static final DownstreamTls MUTUAL = new DownstreamTls(true, List.of(), List.of());

  private record PoolKey(
      String address,
      int port,
      Object epoch,
      @Nullable UpstreamTls tls,
      @Nullable ProxyProtocol proxyProtocol) {}

  private record ContextKey(Object epoch, Object intent) {}

  private record SocketsKey(PoolKey pool, List<String> alpn) {}

  private final WorkloadIdentity identity;
  private final InboundTls inbound;
  private final Clock clock;
  private final Consumer<IdentityException> refused;
  private final OwnKeys ownKeys;
  private final PeerOfSession peers;
  private final OpenConnections open;
  private final KeyExchanges exchanges = new KeyExchanges();
  private final ConcurrentMap<ContextKey, SSLContext> contexts = new ConcurrentHashMap<>();
  private final ConcurrentMap<SocketsKey, SSLSocketFactory> factories = new ConcurrentHashMap<>();

  /**
   * @param clock wall clock, for validity
   * @param refused told of each refused handshake, on the handshaking thread
   */
  public IdentityTls(
      WorkloadIdentity identity,
      InboundTls inbound,
      Clock clock,
      Consumer<IdentityException> refused) {
    this.identity = identity;
    this.inbound = inbound;
    this.clock = clock;
    this.refused = refused;
    this.ownKeys = new OwnKeys(identity, clock);
    this.peers = new PeerOfSession(identity, clock);
    this.open = new OpenConnections(identity, refused);
    identity.onEpoch(
        () -> {
          contexts.clear();
          factories.clear();
        });
    identity.onCertificate(
        () -> {
          int seconds = sessionSeconds();
          contexts.values().forEach(context -> TlsDefaults.limitSessions(context, seconds));
        });
  }

  /** How keys of connections that came in were agreed on. */
  public KeyExchanges keyExchanges() {
    return exchanges;
  }

  @Override
  public Object epoch() {
    return identity.state().epoch();
  }

  @Override
  public Object poolKey(Endpoint endpoint, @Nullable UpstreamTls tls) {
    return new PoolKey(endpoint.address(), endpoint.port(), epoch(), tls, endpoint.proxyProtocol());
  }

  @Override
  public SSLContext clientContext(UpstreamTls tls) {
    Object intent = List.of(tls);
    return cached(contexts, new ContextKey(epoch(), intent), () -> client(tls));
  }

  @Override
  public SSLSocketFactory clientSockets(UpstreamTls tls, Endpoint endpoint, List<String> alpn) {
    PoolKey pool =
        new PoolKey(endpoint.address(), endpoint.port(), epoch(), tls, endpoint.proxyProtocol());
    return cached(
        factories,
        new SocketsKey(pool, List.copyOf(alpn)),
        () -> {
          SSLSocketFactory sockets = clientContext(tls).getSocketFactory();
          SSLParameters parameters =
              clientParameters(tls, alpn, sockets.getSupportedCipherSuites());
          return new EndpointSockets(
              sockets,
              parameters,
              endpoint.address(),
              endpoint.port(),
              tls.meshIdentity() ? open : null);
        });
  }

  @Override
  public SSLEngine clientEngine(UpstreamTls tls, Endpoint endpoint, List<String> alpn) {
    SSLEngine engine = clientContext(tls).createSSLEngine(endpoint.address(), endpoint.port());
    engine.setUseClientMode(true);
    engine.setSSLParameters(clientParameters(tls, alpn, engine.getSupportedCipherSuites()));
    return tls.meshIdentity() ? open.watched(new WatchedEngine(engine)) : engine;
  }

  @Override
  public SSLEngine serverEngine(int localPort, List<String> alpn) {
    DownstreamTls tls = inbound(localPort);
    reportUnusable();
    return open.watched(
        new ServerEngine(server(tls).createSSLEngine(), tls, Alpn.distinct(alpn), exchanges));
  }

  @Override
  public SSLContext serverContext(int localPort) {
    DownstreamTls tls = inbound(localPort);
    reportUnusable();
    return new ServerContext(server(tls), tls, open, exchanges);
  }

  @Override
  public Peer peer(
      String remoteAddress,
      int remotePort,
      String localAddress,
      int localPort,
      @Nullable SSLSession session) {
    return peers.of(remoteAddress, remotePort, localAddress, localPort, session);
  }

  private DownstreamTls inbound(int localPort) {
    DownstreamTls configured = inbound.of(localPort);
    return configured == null ? MUTUAL : configured;
  }

  /**
   * A server without a certificate can only fail the handshake in JSSE's words; the reason goes to
   * the log.
   */
  private void reportUnusable() {
    IdentityException unusable = OwnKeys.unusable(identity.svid(), clock);
    if (unusable != null) {
      refused.accept(unusable);
    }
  }

  private int sessionSeconds() {
    return TlsDefaults.sessionSeconds(identity.svid());
  }

  private SSLContext server(DownstreamTls tls) {
    List<StringMatch> expected = tls.peers();
    return cached(
        contexts,
        new ContextKey(epoch(), tls),
        () ->
            TlsDefaults.context(
                new KeyManager[] {ownKeys}, new TrustManager[] {mesh(expected)}, sessionSeconds()));
  }

  private SSLContext client(UpstreamTls tls) throws GeneralSecurityException {
    if (tls.meshIdentity()) {
      return TlsDefaults.context(
          new KeyManager[] {ownKeys}, new TrustManager[] {mesh(tls.peers())}, sessionSeconds());
    }
    try {
      return TlsDefaults.context(
          keys(tls), new TrustManager[] {new OriginatedTrust(tls)}, sessionSeconds());
    } catch (GeneralSecurityException unusable) {
      return TlsDefaults.context(
          null,
          new TrustManager[] {new RefusingTrust(String.valueOf(unusable.getMessage()))},
          sessionSeconds());
    }
  }

  private PeerTrust mesh(List<StringMatch> expected) {
    return new PeerTrust(identity, clock, new PeerVerifier(clock, expected), refused);
  }

  private static KeyManager @Nullable [] keys(UpstreamTls tls) throws GeneralSecurityException {
    String certificate = tls.certificatePem();
    String keyText = tls.keyPem();
    if (certificate == null || keyText == null) {
      return null;
    }
    PrivateKey key = Pem.privateKey(keyText);
    KeyStore store = OriginatedTrust.emptyStore();
    store.setKeyEntry(
        "client", key, new char[0], Pem.certificates(certificate).toArray(new X509Certificate[0]));
    KeyManagerFactory factory =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(store, new char[0]);
    return factory.getKeyManagers();
  }

  private static SSLParameters clientParameters(
      UpstreamTls tls, List<String> alpn, String[] suites) {
    SSLParameters parameters = TlsDefaults.parameters(suites, tls.settings());
    String sni = tls.sni();
    if (sni != null && !sni.isEmpty()) {
      parameters.setServerNames(List.of(ServerName.of(sni)));
    } else {
      parameters.setServerNames(List.of());
    }
    parameters.setApplicationProtocols(Alpn.offered(tls.meshIdentity(), tls.alpn(), alpn));
    return parameters;
  }

  private interface Making<V> {
    V make() throws GeneralSecurityException;
  }

  /**
   * Bounded by starting anew: intents come from configuration, so the bound is for surprises only.
   */
  private static <K, V> V cached(ConcurrentMap<K, V> cache, K key, Making<V> making) {
    V known = cache.get(key);
    if (known != null) {
      return known;
    }
    if (cache.size() >= MAX_CACHED) {
      cache.clear();
    }
    Supplier<V> safely =
        () -> {
          try {
            return making.make();
          } catch (GeneralSecurityException broken) {
            throw new IllegalArgumentException(broken.getMessage(), broken);
          }
        };
    return cache.computeIfAbsent(key, k -> safely.get());
  }
}
