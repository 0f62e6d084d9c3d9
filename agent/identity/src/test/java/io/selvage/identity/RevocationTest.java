package io.selvage.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.selvage.engine.flow.Peer;
import io.selvage.engine.model.FilterChain.DownstreamTls;
import io.selvage.engine.model.TlsSettings;
import io.selvage.extension.Revocable;
import java.io.ByteArrayInputStream;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RevocationTest {
  private static final String CALLER = "spiffe://cluster.local/ns/default/sa/productpage";
  private final TestPki pki = new TestPki("own");
  private final List<String> refusals = new CopyOnWriteArrayList<>();
  private final WorkloadIdentity productpage = pki.identity("productpage");
  private final WorkloadIdentity reviews = pki.identity("reviews");
  private final IdentityTls client = tls(productpage);
  private final IdentityTls server = tls(reviews);

  private IdentityTls tls(WorkloadIdentity identity) {
    return new IdentityTls(
        identity,
        port -> new DownstreamTls(true, List.of(), List.of(), TlsSettings.COMPATIBLE),
        Clock.systemUTC(),
        r -> refusals.add(r.getMessage()));
  }

  private SSLEngine clientEngine() {
    return client.clientEngine(
        IdentityTlsTest.mesh(), IdentityTlsTest.ENDPOINT, List.of("http/1.1"));
  }

  private void handshake() throws SSLException {
    new Handshake(clientEngine(), server.serverEngine(9080, List.of("http/1.1"))).run();
  }

  private static Revocations ids(String... ids) {
    return new Revocations(Set.of(ids), Set.of(), List.of());
  }

  private static X509CRL list(String pem) throws Exception {
    return (X509CRL)
        CertificateFactory.getInstance("X.509")
            .generateCRL(new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII)));
  }

  private Revocations of(String how) throws Exception {
    return switch (how) {
      case "id" -> ids(CALLER);
      case "serial" ->
          new Revocations(
              Set.of(),
              Set.of(productpage.svid().leaf().getSerialNumber().toString(16)),
              List.of());
      case "list of the intermediate" ->
          new Revocations(
              Set.of(),
              Set.of(),
              List.of(
                  list(
                      pki.revoked(
                          pki.intermediate,
                          pki.intermediateKey.getPrivate(),
                          productpage.svid().leaf()))));
      default ->
          new Revocations(
              Set.of(),
              Set.of(),
              List.of(list(pki.revoked(pki.root, pki.rootKey.getPrivate(), pki.intermediate))));
    };
  }

  @ParameterizedTest
  @ValueSource(strings = {"id", "serial", "list of the intermediate", "list of the root"})
  void aRevokedPeerIsRefusedUntilTheRevocationIsCleared(String how) throws Exception {
    handshake();
    reviews.trust(pki.bundle().with(of(how)));
    assertThatThrownBy(this::handshake).isInstanceOf(SSLException.class);
    assertThat(refusals).last().asString().contains("[SELV-4040]").contains("revoked");
    reviews.trust(pki.bundle());
    handshake();
  }

  @Test
  void aListOfAnAuthorityOfTheSameNameButAnotherKeyCountsForNothing() throws Exception {
    TestPki stranger = new TestPki("own");
    String pem =
        stranger.revoked(
            stranger.intermediate,
            stranger.intermediateKey.getPrivate(),
            productpage.svid().leaf());
    reviews.trust(pki.bundle().with(new Revocations(Set.of(), Set.of(), List.of(list(pem)))));
    handshake();
  }

  @Test
  void anOpenConnectionIsCutThoughNobodyUsesIt() throws Exception {
    SSLEngine caller = clientEngine();
    SSLEngine callee = server.serverEngine(9080, List.of("http/1.1"));
    Handshake connection = new Handshake(caller, callee).run();
    AtomicInteger closed = new AtomicInteger();
    ((Revocable) callee).onRevoked(closed::incrementAndGet);
    SSLEngine other =
        tls(pki.identity("other"))
            .clientEngine(IdentityTlsTest.mesh(), IdentityTlsTest.ENDPOINT, List.of("http/1.1"));
    Handshake innocent = new Handshake(other, server.serverEngine(9080, List.of("http/1.1"))).run();

    reviews.trust(pki.bundle().with(ids(CALLER)));

    await().atMost(Duration.ofSeconds(5)).untilAtomic(closed, org.hamcrest.Matchers.is(1));
    assertThatThrownBy(connection::exchange)
        .isInstanceOf(SSLException.class)
        .hasMessageContaining("SELV-4040");
    innocent.exchange();
    ((Revocable) callee).onRevoked(closed::incrementAndGet);
    assertThat(closed).hasValue(2);
  }

  @Test
  void anOpenSocketToARevokedServerIsClosed() throws Exception {
    try (ServerSocket listening = new ServerSocket(0)) {
      CompletableFuture<SSLSocket> accepted =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  Socket raw = listening.accept();
                  SSLSocket tls =
                      (SSLSocket)
                          server
                              .serverContext(9080)
                              .getSocketFactory()
                              .createSocket(raw, null, true);
                  tls.startHandshake();
                  return tls;
                } catch (java.io.IOException e) {
                  throw new java.io.UncheckedIOException(e);
                }
              });
      Socket raw = new Socket("127.0.0.1", listening.getLocalPort());
      SSLSocket secure =
          (SSLSocket)
              client
                  .clientSockets(
                      IdentityTlsTest.mesh(), IdentityTlsTest.ENDPOINT, List.of("http/1.1"))
                  .createSocket(raw, "127.0.0.1", listening.getLocalPort(), true);
      secure.startHandshake();
      accepted.get();
      productpage.trust(pki.bundle().with(ids("spiffe://cluster.local/ns/default/sa/reviews")));
      await().atMost(Duration.ofSeconds(5)).until(raw::isClosed);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void noSessionIsResumedAfterARevocationOfAnybody(String version) throws Exception {
    SSLSession first = session(version);
    SSLSession resumed = session(version);
    assertThat(resumed.getCreationTime()).isEqualTo(first.getCreationTime());
    reviews.trust(pki.bundle().with(ids("spiffe://cluster.local/ns/default/sa/somebody")));
    await()
        .pollDelay(Duration.ofMillis(5))
        .until(() -> System.currentTimeMillis() > first.getCreationTime());
    assertThat(session(version).getCreationTime()).isGreaterThan(first.getCreationTime());
  }

  private SSLSession session(String version) throws Exception {
    SSLEngine caller = clientEngine();
    var parameters = caller.getSSLParameters();
    parameters.setProtocols(new String[] {version});
    caller.setSSLParameters(parameters);
    new Handshake(caller, server.serverEngine(9080, List.of("http/1.1"))).run();
    return caller.getSession();
  }

  @Test
  void aPeerOfAnotherDomainIsVerifiedByItsOwnBundleOnly() throws Exception {
    TestPki partner = new TestPki("partner");
    WorkloadIdentity theirs = new WorkloadIdentity();
    Svid good = partner.svid("spiffe://partner.example/ns/shop/sa/web");
    theirs.install(
        good,
        TrustBundle.of("partner.example", List.of(partner.root))
            .with("cluster.local", List.of(pki.root)));
    SSLEngine refusedCaller = engineOf(theirs);
    assertThatThrownBy(
            () ->
                new Handshake(refusedCaller, server.serverEngine(9080, List.of("http/1.1"))).run())
        .isInstanceOf(SSLException.class);
    assertThat(refusals).last().asString().contains("[SELV-4005]");

    TrustBundle both = pki.bundle().with("partner.example", List.of(partner.root));
    reviews.trust(both);
    SSLEngine callee = server.serverEngine(9080, List.of("http/1.1"));
    new Handshake(engineOf(theirs), callee).run();
    Peer peer = server.peer("127.0.0.1", 1, "127.0.0.1", 9080, callee.getSession());
    assertThat(peer.principal()).isEqualTo("spiffe://partner.example/ns/shop/sa/web");

    // each authority may speak for its own domain only
    for (Map.Entry<TestPki, String> forged :
        Map.of(
                partner, "spiffe://cluster.local/ns/default/sa/admin",
                pki, "spiffe://partner.example/ns/shop/sa/web")
            .entrySet()) {
      theirs.install(forged.getKey().svid(forged.getValue()), both);
      SSLEngine impostor = engineOf(theirs);
      assertThatThrownBy(
              () -> new Handshake(impostor, server.serverEngine(9080, List.of("http/1.1"))).run())
          .isInstanceOf(SSLException.class);
      assertThat(refusals).last().asString().contains("[SELV-4003]");
    }
  }

  private SSLEngine engineOf(WorkloadIdentity identity) {
    return tls(identity)
        .clientEngine(IdentityTlsTest.mesh(), IdentityTlsTest.ENDPOINT, List.of("http/1.1"));
  }
}
