package io.selvage.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.selvage.engine.flow.Peer;
import io.selvage.engine.model.Endpoint;
import io.selvage.engine.model.FilterChain.DownstreamTls;
import io.selvage.engine.model.Locality;
import io.selvage.engine.model.StringMatch;
import io.selvage.engine.model.UpstreamTls;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class IdentityTlsTest {
  private static final TestPki PKI = WrongChains.PKI;
  static final Endpoint ENDPOINT =
      new Endpoint(
          "127.0.0.1",
          9080,
          1,
          Endpoint.Health.HEALTHY,
          Locality.UNKNOWN,
          "istio",
          Endpoint.Workload.UNKNOWN,
          Map.of());

  private final List<String> refusals = new ArrayList<>();
  private final WorkloadIdentity productpage = PKI.identity("productpage");
  private final WorkloadIdentity reviews = PKI.identity("reviews");
  private final IdentityTls client = tls(productpage);
  private final IdentityTls server = tls(reviews);

  private IdentityTls tls(WorkloadIdentity identity) {
    return tls(identity, Clock.systemUTC());
  }

  private IdentityTls tls(WorkloadIdentity identity, Clock clock) {
    return new IdentityTls(
        identity,
        port ->
            new DownstreamTls(
                true, List.of(), List.of(), io.selvage.engine.model.TlsSettings.COMPATIBLE),
        clock,
        refusal -> refusals.add(refusal.getMessage()));
  }

  static UpstreamTls mesh(String... peers) {
    List<StringMatch> expected = new ArrayList<>();
    for (String peer : peers) {
      expected.add(new StringMatch.Exact(peer, false));
    }
    return new UpstreamTls(
        true,
        "outbound_.9080_.v1_.reviews.default.svc.cluster.local",
        expected,
        List.of("istio-peer-exchange", "istio"),
        null,
        null,
        null,
        false,
        null,
        io.selvage.engine.model.TlsSettings.COMPATIBLE);
  }

  private static SSLEngine only(SSLEngine engine, String version) {
    SSLParameters parameters = engine.getSSLParameters();
    parameters.setProtocols(new String[] {version});
    engine.setSSLParameters(parameters);
    return engine;
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void bothSidesKnowEachOther(String version) throws Exception {
    SSLEngine c =
        only(
            client.clientEngine(
                mesh("spiffe://cluster.local/ns/default/sa/reviews"),
                ENDPOINT,
                List.of("h2", "http/1.1")),
            version);
    SSLEngine s = server.serverEngine(9080, List.of("h2", "http/1.1"));
    new Handshake(c, s).run();
    assertThat(s.getSession().getProtocol()).isEqualTo(version);
    assertThat(c.getApplicationProtocol()).isEqualTo("h2");
    assertThat(s.getApplicationProtocol()).isEqualTo("h2");
    Peer caller = server.peer("127.0.0.1", 40000, "127.0.0.1", 9080, s.getSession());
    assertThat(caller.principal()).isEqualTo("spiffe://cluster.local/ns/default/sa/productpage");
    assertThat(caller.serverName()).isEqualTo("reviews.default.svc.cluster.local");
    assertThat(caller.certificateHash()).hasSize(64);
    Peer callee = client.peer("127.0.0.1", 9080, "127.0.0.1", 40000, c.getSession());
    assertThat(callee.principal()).isEqualTo("spiffe://cluster.local/ns/default/sa/reviews");
    assertThat(s.getSession().getCipherSuite()).contains("_GCM_").doesNotContain("TLS_RSA_");
  }

  static List<WrongChains.Wrong> wrongChains() {
    return WrongChains.all();
  }

  private static WorkloadIdentity impostor(WrongChains.Wrong wrong) {
    WorkloadIdentity identity = new WorkloadIdentity();
    Svid svid = wrong.svid();
    identity.install(svid, PKI.bundle());
    return identity;
  }

  @ParameterizedTest
  @MethodSource("wrongChains")
  void wrongServersAreRefused(WrongChains.Wrong wrong) {
    // the impostor's own clock is set so that it shows its certificate whatever its dates
    Clock itsClock =
        Clock.fixed(
            wrong.chain().get(0).getNotBefore().toInstant().plusSeconds(1),
            java.time.ZoneOffset.UTC);
    IdentityTls impostor = tls(impostor(wrong), itsClock);
    for (String version : List.of("TLSv1.2", "TLSv1.3")) {
      SSLEngine c = only(client.clientEngine(mesh(), ENDPOINT, List.of("http/1.1")), version);
      assertThatThrownBy(
              () -> new Handshake(c, impostor.serverEngine(9080, List.of("http/1.1"))).run())
          .isInstanceOf(SSLException.class);
    }
  }

  @ParameterizedTest
  @MethodSource("wrongChains")
  void wrongClientsAreRefused(WrongChains.Wrong wrong) {
    Clock itsClock =
        Clock.fixed(
            wrong.chain().get(0).getNotBefore().toInstant().plusSeconds(1),
            java.time.ZoneOffset.UTC);
    WorkloadIdentity identity = impostor(wrong);
    for (String version : List.of("TLSv1.2", "TLSv1.3")) {
      SSLEngine s = server.serverEngine(9080, List.of("http/1.1"));
      assertThatThrownBy(() -> new Handshake(careless(identity, itsClock, version), s).run())
          .isInstanceOf(SSLException.class);
    }
  }

  /** A client that shows its certificate and trusts everybody. */
  private static SSLEngine careless(WorkloadIdentity identity, Clock clock, String version)
      throws Exception {
    UpstreamTls anybody =
        new UpstreamTls(false, null, List.of(), List.of(), null, null, null, true);
    var context =
        TlsDefaults.context(
            new javax.net.ssl.KeyManager[] {new OwnKeys(identity, clock)},
            new javax.net.ssl.TrustManager[] {new OriginatedTrust(anybody)},
            60);
    SSLEngine engine = context.createSSLEngine("127.0.0.1", 9080);
    engine.setUseClientMode(true);
    return only(engine, version);
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void aClientWithoutCertificateIsRefused(String version) throws Exception {
    SSLEngine c = careless(new WorkloadIdentity(), Clock.systemUTC(), version);
    assertThatThrownBy(() -> new Handshake(c, server.serverEngine(9080, List.of("http/1.1"))).run())
        .isInstanceOf(SSLException.class);
  }

  @Test
  void theLibraryCannotTalkTheDemandDown() throws Exception {
    SSLEngine s = server.serverEngine(9080, List.of("http/1.1"));
    s.setNeedClientAuth(false);
    s.setWantClientAuth(false);
    SSLParameters weak = s.getSSLParameters();
    weak.setNeedClientAuth(false);
    s.setSSLParameters(weak);
    assertThat(s.getNeedClientAuth()).isTrue();
    SSLEngine c = careless(new WorkloadIdentity(), Clock.systemUTC(), "TLSv1.3");
    assertThatThrownBy(() -> new Handshake(c, s).run()).isInstanceOf(SSLException.class);
    SSLEngine ofContext = server.serverContext(9080).createSSLEngine();
    ofContext.setUseClientMode(false);
    ofContext.setNeedClientAuth(false);
    assertThatThrownBy(
            () ->
                new Handshake(
                        careless(new WorkloadIdentity(), Clock.systemUTC(), "TLSv1.3"), ofContext)
                    .run())
        .isInstanceOf(SSLException.class);
  }

  @Test
  void somebodyElseIsRefusedWithItsCode() {
    SSLEngine c =
        client.clientEngine(
            mesh("spiffe://cluster.local/ns/default/sa/ratings"), ENDPOINT, List.of("http/1.1"));
    assertThatThrownBy(() -> new Handshake(c, server.serverEngine(9080, List.of("http/1.1"))).run())
        .hasStackTraceContaining("[SELV-4006]");
    assertThat(refusals)
        .anyMatch(message -> message.contains("sa/reviews") && message.contains("sa/ratings"));
  }

  @Test
  void aPortMayExpectCertainCallers() {
    DownstreamTls ratingsOnly =
        new DownstreamTls(true, List.of(new StringMatch.Suffix("/sa/ratings", false)), List.of());
    IdentityTls strict =
        new IdentityTls(
            reviews,
            port -> ratingsOnly,
            Clock.systemUTC(),
            refusal -> refusals.add(refusal.getMessage()));
    SSLEngine c = client.clientEngine(mesh(), ENDPOINT, List.of("http/1.1"));
    assertThatThrownBy(() -> new Handshake(c, strict.serverEngine(9080, List.of("http/1.1"))).run())
        .isInstanceOf(SSLException.class);
    assertThat(refusals).anyMatch(message -> message.startsWith("[SELV-4006]"));
  }

  @Test
  void withoutIdentityNothingIsSpoken() {
    IdentityTls nobody = tls(new WorkloadIdentity());
    SSLEngine c = nobody.clientEngine(mesh(), ENDPOINT, List.of("http/1.1"));
    assertThatThrownBy(() -> new Handshake(c, server.serverEngine(9080, List.of("http/1.1"))).run())
        .hasStackTraceContaining("[SELV-4001]");
    refusals.clear();
    SSLEngine c2 = client.clientEngine(mesh(), ENDPOINT, List.of("http/1.1"));
    assertThatThrownBy(
            () -> new Handshake(c2, nobody.serverEngine(9080, List.of("http/1.1"))).run())
        .isInstanceOf(SSLException.class);
    assertThat(refusals).anyMatch(message -> message.startsWith("[SELV-4001]"));
  }

  @Test
  void anExpiredIdentityIsNeverShownAndHeals() throws Exception {
    WorkloadIdentity old = new WorkloadIdentity();
    old.install(
        PKI.svid(l -> l.until = Clock.systemUTC().instant().minus(Duration.ofMinutes(5))),
        PKI.bundle());
    IdentityTls tls = tls(old);
    assertThatThrownBy(
            () ->
                new Handshake(
                        tls.clientEngine(mesh(), ENDPOINT, List.of()),
                        server.serverEngine(9080, List.of()))
                    .run())
        .hasStackTraceContaining("[SELV-4002]");
    old.install(PKI.svid(l -> {}));
    assertThatCode(
            () ->
                new Handshake(
                        tls.clientEngine(mesh(), ENDPOINT, List.of()),
                        server.serverEngine(9080, List.of()))
                    .run())
        .doesNotThrowAnyException();
  }

  private static Svid brief(String serviceAccount) throws Exception {
    Svid made =
        PKI.svid(
            leaf -> {
              leaf.uris = List.of("spiffe://cluster.local/ns/default/sa/" + serviceAccount);
              leaf.from = Clock.systemUTC().instant();
              leaf.until = leaf.from.plusSeconds(8);
            });
    return Svid.of(made.chain(), made.key());
  }

  /** A resumed session shows the certificate of its full handshake, however often it resumed. */
  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void resumptionEndsLongBeforeTheCertificateDoes(String version) throws Exception {
    long first = created(version);
    assertThat(created(version)).as("resumed").isEqualTo(first);
    Object epoch = client.epoch();
    productpage.install(brief("productpage"));
    reviews.install(brief("reviews"));
    assertThat(client.epoch()).as("the same contexts").isSameAs(epoch);
    await()
        .atMost(Duration.ofSeconds(8))
        .pollInterval(Duration.ofMillis(200))
        .until(() -> created(version) != first);
  }

  @Test
  void rotationKeepsConnectionsAndEpochAndShowsTheNewCertificate() throws Exception {
    Handshake before =
        new Handshake(
                client.clientEngine(mesh(), ENDPOINT, List.of("h2")),
                server.serverEngine(9080, List.of("h2")))
            .run();
    Object epoch = client.epoch();
    for (int i = 0; i < 5; i++) {
      Svid next = PKI.svid("spiffe://cluster.local/ns/default/sa/productpage");
      productpage.install(Svid.of(next.chain(), next.key()));
      SSLEngine s = server.serverEngine(9080, List.of("h2"));
      SSLEngine c =
          client.clientEngine(
              mesh(),
              new Endpoint(
                  "127.0.0.1",
                  10000 + i,
                  1,
                  Endpoint.Health.HEALTHY,
                  Locality.UNKNOWN,
                  "istio",
                  Endpoint.Workload.UNKNOWN,
                  Map.of()),
              List.of("h2"));
      new Handshake(c, s).run();
      assertThat(s.getSession().getPeerCertificates()[0]).isEqualTo(next.leaf());
      before.exchange();
    }
    assertThat(client.epoch()).isSameAs(epoch);
  }

  @Test
  void epochFollowsIdAndBundleAlone() throws Exception {
    Object first = client.epoch();
    Object key = client.poolKey(ENDPOINT, mesh());
    Svid same = PKI.svid("spiffe://cluster.local/ns/default/sa/productpage");
    productpage.install(Svid.of(same.chain(), same.key()));
    productpage.trust(PKI.bundle());
    assertThat(client.epoch()).isSameAs(first);
    assertThat(client.poolKey(ENDPOINT, mesh())).isEqualTo(key);
    Svid other = PKI.svid("spiffe://cluster.local/ns/default/sa/other");
    productpage.install(Svid.of(other.chain(), other.key()));
    Object second = client.epoch();
    assertThat(second).isNotSameAs(first);
    productpage.trust(TrustBundle.of("cluster.local", List.of(PKI.root, new TestPki("next").root)));
    assertThat(client.epoch()).isNotSameAs(second);
    assertThat(client.poolKey(ENDPOINT, mesh())).isNotEqualTo(key);
  }

  @Test
  void contextsAndFactoriesStayTheSameWithinAnEpoch() {
    assertThat(client.clientContext(mesh("a")))
        .isSameAs(client.clientContext(mesh("a")))
        .isNotSameAs(client.clientContext(mesh("b")));
    var sockets = client.clientSockets(mesh(), ENDPOINT, List.of("http/1.1"));
    assertThat(client.clientSockets(mesh(), ENDPOINT, List.of("http/1.1"))).isSameAs(sockets);
    productpage.trust(TrustBundle.of("cluster.local", List.of(PKI.root, new TestPki("next").root)));
    assertThat(client.clientSockets(mesh(), ENDPOINT, List.of("http/1.1"))).isNotSameAs(sockets);
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void sessionsResumeWithinAnEpochOnly(String version) throws Exception {
    long first = created(version);
    assertThat(created(version)).as("resumed").isEqualTo(first);
    reviews.trust(TrustBundle.of("cluster.local", List.of(PKI.root, new TestPki("next").root)));
    assertThat(created(version)).as("the server's bundle changed").isNotEqualTo(first);
    reviews.trust(TrustBundle.of("cluster.local", List.of(new TestPki("next").root)));
    assertThatThrownBy(() -> created(version))
        .as("root dropped: no resumption saves the caller")
        .isInstanceOf(SSLException.class);
  }

  private long created(String version) throws Exception {
    SSLEngine c = only(client.clientEngine(mesh(), ENDPOINT, List.of("http/1.1")), version);
    SSLEngine s = server.serverEngine(9080, List.of("http/1.1"));
    new Handshake(c, s).run();
    return java.util.Arrays.hashCode(version.equals("TLSv1.2") ? c.getSession().getId() : null)
        + c.getSession().getCreationTime();
  }

  @Test
  void meshNamesOfProtocolsAreUnderstood() throws Exception {
    assertThat(
            Alpn.offered(true, List.of("istio-peer-exchange", "istio"), List.of("h2", "http/1.1")))
        .containsExactly("istio-h2", "istio-http/1.1", "istio", "h2", "http/1.1");
    assertThat(Alpn.offered(true, List.of("istio-peer-exchange", "istio"), List.of()))
        .containsExactly("istio");
    assertThat(Alpn.offered(false, List.of("h2"), List.of("http/1.1")))
        .containsExactly("h2", "http/1.1");
    assertThat(
            Alpn.agreed(List.of("h2", "http/1.1"), List.of("istio-http/1.1", "istio", "http/1.1")))
        .isEqualTo("http/1.1");
    assertThat(Alpn.agreed(List.of("h2"), List.of("istio-h2", "istio"))).isEqualTo("istio-h2");
    assertThat(Alpn.agreed(List.of("h2"), List.of("istio-peer-exchange", "istio"))).isEmpty();
    SSLEngine c = client.clientEngine(mesh(), ENDPOINT, List.of());
    SSLParameters parameters = c.getSSLParameters();
    parameters.setApplicationProtocols(new String[] {"istio-h2", "istio"});
    c.setSSLParameters(parameters);
    SSLEngine s = server.serverEngine(9080, List.of("h2", "http/1.1"));
    new Handshake(c, s).run();
    assertThat(c.getApplicationProtocol()).isEqualTo("istio-h2");
    assertThat(s.getApplicationProtocol()).isEqualTo("h2");
  }

  @Test
  void unreadableAnchorsRefuseAndNeverFallBack() {
    UpstreamTls broken =
        new UpstreamTls(
            false,
            "x.example",
            List.of(),
            List.of(),
            "-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----",
            null,
            null,
            false);
    SSLEngine c = client.clientEngine(broken, ENDPOINT, List.of());
    assertThatThrownBy(() -> new Handshake(c, server.serverEngine(9080, List.of())).run())
        .hasStackTraceContaining("[SELV-4009]");
  }

  @Test
  void originatedTlsChecksTheServersName() throws Exception {
    WorkloadKey key = WorkloadKey.create();
    var leaf =
        PKI.leaf(
            key.pair().getPublic(),
            l -> {
              l.uris = List.of();
              l.dns = List.of("*.shop.example");
            });
    UpstreamTls itsTls =
        new UpstreamTls(
            false,
            null,
            List.of(),
            List.of(),
            Pem.encode(List.of(PKI.root)),
            Pem.encode(List.of(leaf, PKI.intermediate)),
            Pem.encode(key.pair().getPrivate()),
            false);
    String ca = Pem.encode(List.of(PKI.root));
    assertThatCode(
            () ->
                simple(
                    itsTls,
                    new UpstreamTls(
                        false, "a.shop.example", List.of(), List.of(), ca, null, null, false)))
        .doesNotThrowAnyException();
    assertThatCode(
            () ->
                simple(
                    itsTls,
                    new UpstreamTls(
                        false,
                        null,
                        List.of(new StringMatch.Exact("*.shop.example", false)),
                        List.of(),
                        ca,
                        null,
                        null,
                        false)))
        .doesNotThrowAnyException();
    assertThatThrownBy(
            () ->
                simple(
                    itsTls,
                    new UpstreamTls(
                        false, "shop.example", List.of(), List.of(), ca, null, null, false)))
        .hasStackTraceContaining("[SELV-4006]");
    assertThatThrownBy(
            () ->
                simple(
                    itsTls,
                    new UpstreamTls(
                        false, "a.b.shop.example", List.of(), List.of(), ca, null, null, false)))
        .hasStackTraceContaining("[SELV-4006]");
    assertThatThrownBy(
            () ->
                simple(
                    itsTls,
                    new UpstreamTls(
                        false,
                        "a.shop.example",
                        List.of(new StringMatch.Exact("b", false)),
                        List.of(),
                        ca,
                        null,
                        null,
                        false)))
        .hasStackTraceContaining("[SELV-4006]");
    assertThatThrownBy(
            () ->
                simple(
                    itsTls,
                    new UpstreamTls(
                        false, "a.shop.example", List.of(), List.of(), null, null, null, false)))
        .isInstanceOf(SSLException.class);
  }

  @Test
  void revokedServersAreRefused() throws Exception {
    WorkloadKey key = WorkloadKey.create();
    var leaf = PKI.leaf(key.pair().getPublic(), l -> l.dns = List.of("a.shop.example"));
    UpstreamTls itsTls =
        new UpstreamTls(
            false,
            null,
            List.of(),
            List.of(),
            Pem.encode(List.of(PKI.root)),
            Pem.encode(List.of(leaf, PKI.intermediate)),
            Pem.encode(key.pair().getPrivate()),
            false);
    String rootList = PKI.revoked(PKI.root, PKI.rootKey.getPrivate(), null);
    String clean = PKI.revoked(PKI.intermediate, PKI.intermediateKey.getPrivate(), null);
    String revoked = PKI.revoked(PKI.intermediate, PKI.intermediateKey.getPrivate(), leaf);
    assertThatCode(() -> simple(itsTls, checking(rootList + clean))).doesNotThrowAnyException();
    assertThatThrownBy(() -> simple(itsTls, checking(rootList + revoked)))
        .hasStackTraceContaining("revoked");
    // as by an Envoy: an issuer without a list leaves its certificates in doubt
    assertThatThrownBy(() -> simple(itsTls, checking(rootList)))
        .hasStackTraceContaining("revocation");
  }

  private static UpstreamTls checking(String crl) {
    return new UpstreamTls(
        false,
        "a.shop.example",
        List.of(),
        List.of(),
        Pem.encode(List.of(PKI.root)),
        null,
        null,
        false,
        crl,
        io.selvage.engine.model.TlsSettings.COMPATIBLE);
  }

  private void simple(UpstreamTls itsTls, UpstreamTls ours) throws SSLException {
    SSLEngine s = client.clientContext(itsTls).createSSLEngine();
    s.setUseClientMode(false);
    new Handshake(client.clientEngine(ours, ENDPOINT, List.of()), s).run();
  }

  @Test
  void anApplicationsOwnSessionIsNobodysWord() throws Exception {
    TestPki foreign = new TestPki("foreign");
    WorkloadIdentity foreigner = foreign.identity("admin");
    IdentityTls theirs = tls(foreigner);
    SSLEngine s = theirs.serverEngine(9080, List.of());
    new Handshake(theirs.clientEngine(mesh(), ENDPOINT, List.of()), s).run();
    Peer peer = server.peer("127.0.0.1", 1, "127.0.0.1", 9080, s.getSession());
    assertThat(peer.tls()).isTrue();
    assertThat(peer.principal()).isNull();
    assertThat(server.peer("127.0.0.1", 1, "127.0.0.1", 9080, null).tls()).isFalse();
  }
}
