package io.selvage.control.certificate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.selvage.control.ControlAddress;
import io.selvage.control.ControlThreads;
import io.selvage.control.FakeController;
import io.selvage.identity.IdentityTls;
import io.selvage.identity.Pem;
import io.selvage.identity.Svid;
import io.selvage.identity.TestPki;
import io.selvage.identity.WorkloadIdentity;
import io.selvage.xds.istio.auth.IstioCertificateRequest;
import io.selvage.xds.istio.auth.IstioCertificateResponse;
import io.selvage.xds.istio.auth.IstioCertificateServiceGrpc.IstioCertificateServiceImplBase;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** First contact, renewal and what is kept, against an authority on a real socket. */
class CertificatesTest {
  private static final TestPki PKI = new TestPki("mesh");
  private static final String CONTROLLER = "spiffe://cluster.local/ns/selvage-system/sa/controller";
  private static final String REVIEWS = "spiffe://cluster.local/ns/default/sa/reviews";
  private static final Context.Key<String> BEARER = Context.key("bearer");
  private static final Context.Key<Boolean> HAS_CERTIFICATE = Context.key("certificate");

  @TempDir Path folder;

  private final Authority authority = new Authority();
  private final ControlThreads threads = new ControlThreads();
  private final List<String> warnings = new CopyOnWriteArrayList<>();
  private final List<AutoCloseable> opened = new ArrayList<>();
  private FakeController controller;

  /** Redeems each token once; else demands a client certificate. */
  private static final class Authority extends IstioCertificateServiceImplBase
      implements ServerInterceptor {
    final Set<String> tokens = ConcurrentHashMap.newKeySet();
    final List<PublicKey> keys = new CopyOnWriteArrayList<>();
    final List<String> bearers = new CopyOnWriteArrayList<>();
    volatile long asked;
    volatile boolean down;
    volatile Duration lifetime = Duration.ofHours(1);

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
      String bearer =
          headers.get(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER));
      boolean shown;
      try {
        var session = call.getAttributes().get(Grpc.TRANSPORT_ATTR_SSL_SESSION);
        shown = session != null && session.getPeerCertificates().length > 0;
      } catch (javax.net.ssl.SSLPeerUnverifiedException none) {
        shown = false;
      }
      Context context =
          Context.current()
              .withValues(BEARER, bearer == null ? "" : bearer, HAS_CERTIFICATE, shown);
      return Contexts.interceptCall(context, call, headers, next);
    }

    @Override
    public void createCertificate(
        IstioCertificateRequest request, StreamObserver<IstioCertificateResponse> out) {
      String bearer = BEARER.get();
      bearers.add(bearer);
      if (down) {
        out.onError(Status.UNAVAILABLE.asRuntimeException());
        return;
      }
      boolean redeemed = bearer.startsWith("Bearer ") && tokens.remove(bearer.substring(7));
      if (!redeemed && !HAS_CERTIFICATE.get()) {
        out.onError(
            Status.UNAUTHENTICATED
                .withDescription("[SELV-4102] the join token is used up. Fix: create another")
                .asRuntimeException());
        return;
      }
      asked = request.getValidityDuration();
      try (PEMParser parser = new PEMParser(new StringReader(request.getCsr()))) {
        PublicKey key =
            new JcaPEMKeyConverter()
                .getPublicKey(
                    ((PKCS10CertificationRequest) parser.readObject()).getSubjectPublicKeyInfo());
        keys.add(key);
        X509Certificate leaf =
            PKI.leaf(
                key,
                l -> {
                  l.uris = List.of(REVIEWS);
                  l.until = Instant.now().plus(lifetime);
                });
        out.onNext(
            IstioCertificateResponse.newBuilder()
                .addCertChain(Pem.encode(List.of(leaf)))
                .addCertChain(Pem.encode(List.of(PKI.intermediate)))
                .addCertChain(Pem.encode(List.of(PKI.root)))
                .build());
        out.onCompleted();
      } catch (java.io.IOException damaged) {
        out.onError(Status.INVALID_ARGUMENT.asRuntimeException());
      }
    }
  }

  @BeforeEach
  void open() throws Exception {
    controller =
        new FakeController(
            PKI, CONTROLLER, 0, () -> ServerInterceptors.intercept(authority, authority));
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : opened) {
      each.close();
    }
    threads.close();
    controller.close();
  }

  private String token(TestPki pinned) {
    try {
      byte[] pin = MessageDigest.getInstance("SHA-256").digest(pinned.root.getEncoded());
      String token =
          "slv1.id"
              + System.nanoTime()
              + ".c2VjcmV0."
              + Base64.getUrlEncoder().withoutPadding().encodeToString(pin);
      authority.tokens.add(token);
      return token;
    } catch (java.security.GeneralSecurityException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  private CertificateClient client(int port, Duration lifetime) {
    return new CertificateClient(List.of(new ControlAddress("127.0.0.1", port)), lifetime, threads);
  }

  private CertificateClient client() {
    return client(controller.port(), Duration.ofSeconds(90));
  }

  private CertificateKeeper keeper(WorkloadIdentity identity, String token, IdentityFiles files) {
    return keeper(identity, token, files, null);
  }

  private CertificateKeeper keeper(
      WorkloadIdentity identity, String token, IdentityFiles files, Admission admission) {
    IdentityTls tls = new IdentityTls(identity, port -> null, Clock.systemUTC(), refusal -> {});
    CertificateKeeper keeper =
        new CertificateKeeper(
            client(),
            identity,
            tls,
            files,
            token,
            admission,
            Clock.systemUTC(),
            (code, text) -> warnings.add(code + " " + text),
            work -> work);
    opened.add(keeper);
    return keeper;
  }

  @Test
  void aProjectedTokenIsReadWhenItIsNeededAndMayComeLate() throws Exception {
    Path token = folder.resolve("token");
    Path roots = Files.writeString(folder.resolve("roots.pem"), Pem.encode(List.of(PKI.root)));
    WorkloadIdentity identity = new WorkloadIdentity();
    keeper(identity, null, null, FileAdmission.token(token, roots)).start();
    await().until(() -> warnings.stream().anyMatch(w -> w.startsWith("SELV-4029")));
    authority.tokens.add("first.of.kubelet");
    Files.writeString(token, "first.of.kubelet\n");
    await().atMost(Duration.ofSeconds(30)).until(() -> identity.svid() != null);
    assertThat(identity.svid().id().toString()).isEqualTo(REVIEWS);
    assertThat(authority.bearers).contains("Bearer first.of.kubelet");
  }

  @Test
  void anAuthorityThatIsDownIsSaidAtHalfAQuarterATenthAndTheEndThenItHeals() throws Exception {
    Path token = Files.writeString(folder.resolve("token"), "of.kubelet");
    Path roots = Files.writeString(folder.resolve("roots.pem"), Pem.encode(List.of(PKI.root)));
    AtomicReference<Duration> ahead = new AtomicReference<>(Duration.ZERO);
    Clock clock =
        new Clock() {
          @Override
          public java.time.ZoneId getZone() {
            return java.time.ZoneOffset.UTC;
          }

          @Override
          public Clock withZone(java.time.ZoneId zone) {
            return this;
          }

          @Override
          public Instant instant() {
            return Instant.now().plus(ahead.get());
          }
        };
    WorkloadIdentity identity = new WorkloadIdentity();
    authority.lifetime = Duration.ofHours(1);
    authority.tokens.add("of.kubelet");
    IdentityTls tls = new IdentityTls(identity, port -> null, clock, refusal -> {});
    CertificateKeeper keeper =
        new CertificateKeeper(
            client(),
            identity,
            tls,
            null,
            null,
            FileAdmission.token(token, roots),
            clock,
            (code, text) -> warnings.add(code + " " + text),
            work -> work);
    opened.add(keeper);
    keeper.start();
    await().atMost(Duration.ofSeconds(30)).until(() -> identity.svid() != null);
    var first = identity.svid();
    authority.down = true;
    int said = 0;
    for (int minutes : new int[] {33, 46, 55, 61}) {
      ahead.set(Duration.ofMinutes(minutes));
      int now = ++said;
      await().atMost(Duration.ofSeconds(60)).until(() -> warnings.size() >= now);
    }
    assertThat(warnings).hasSize(4).allMatch(w -> w.contains("not renewed, valid until"));
    assertThat(identity.svid()).isSameAs(first);
    authority.down = false;
    authority.lifetime = Duration.ofHours(3);
    authority.tokens.add("of.kubelet");
    await().atMost(Duration.ofSeconds(60)).until(() -> identity.svid() != first);
  }

  @Test
  void aMachinesCertificateProvesItselfInTheHandshake() throws Exception {
    var pair = io.selvage.identity.WorkloadKey.create().pair();
    X509Certificate leaf = PKI.leaf(pair.getPublic(), l -> l.uris = List.of());
    Path chain =
        Files.writeString(
            folder.resolve("machine.pem"), Pem.encode(List.of(leaf, PKI.intermediate)));
    Path key = Files.writeString(folder.resolve("machine.key"), Pem.encode(pair.getPrivate()));
    Path roots = Files.writeString(folder.resolve("roots.pem"), Pem.encode(List.of(PKI.root)));
    var issued = FileAdmission.machine(chain, key, roots).enter(client());
    assertThat(issued.svid().id().toString()).isEqualTo(REVIEWS);
    assertThat(authority.bearers).containsExactly("");
  }

  @Test
  void aControllerUnderAnotherRootIsToldNothing() throws Exception {
    Path token = Files.writeString(folder.resolve("token"), "secret.of.kubelet");
    TestPki other = new TestPki("other");
    Path roots = Files.writeString(folder.resolve("roots.pem"), Pem.encode(List.of(other.root)));
    assertThatThrownBy(() -> FileAdmission.token(token, roots).enter(client()))
        .isInstanceOfSatisfying(
            CertificateException.class, e -> assertThat(e.permanent()).isFalse())
        .hasMessageContaining("selvage.ca-file");
    assertThat(authority.bearers).isEmpty();
  }

  @Test
  void aTokenBuysOneCertificateForTheAttestedIdentity() throws Exception {
    JoinToken token = JoinToken.parse(token(PKI));
    CertificateClient.Issued issued = client().byToken(token);
    assertThat(issued.svid().id()).hasToString(REVIEWS);
    assertThat(issued.svid().leaf().getPublicKey()).isEqualTo(authority.keys.get(0));
    assertThat(issued.bundle().of("cluster.local")).containsExactly(PKI.root);
    assertThat(authority.asked).isEqualTo(90);
    assertThatThrownBy(() -> client().byToken(token))
        .isInstanceOfSatisfying(
            CertificateException.class,
            refused -> {
              assertThat(refused.permanent()).isTrue();
              assertThat(refused.getMessage()).contains("[SELV-4102]").contains("used up");
            });
    assertThat(token.toString()).doesNotContain("c2VjcmV0");
  }

  @Test
  void aWrongPinIsRefusedBeforeTheTokenIsSent() {
    String token = token(new TestPki("elsewhere"));
    assertThatThrownBy(() -> client().byToken(JoinToken.parse(token)))
        .isInstanceOfSatisfying(
            CertificateException.class,
            refused -> assertThat(refused.code()).isEqualTo("SELV-4021"));
    assertThat(authority.bearers).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "spiffe://cluster.local/ns/default/sa/controller",
        "spiffe://cluster.local/x/ns/selvage-system/sa/controller",
        "spiffe://cluster.local/ns/selvage-system/sa/other"
      })
  void aWorkloadOfTheMeshIsNoController(String id) throws Exception {
    try (FakeController impostor =
        new FakeController(PKI, id, 0, () -> ServerInterceptors.intercept(authority, authority))) {
      assertThatThrownBy(
              () -> client(impostor.port(), Duration.ZERO).byToken(JoinToken.parse(token(PKI))))
          .isInstanceOf(CertificateException.class);
      assertThat(authority.bearers).isEmpty();
      IdentityTls tls =
          new IdentityTls(PKI.identity("reviews"), port -> null, Clock.systemUTC(), refusal -> {});
      assertThatThrownBy(
              () -> client(impostor.port(), Duration.ZERO).byCertificate(tls, "cluster.local"))
          .isInstanceOf(CertificateException.class);
      assertThat(authority.keys).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "x",
        "slv1",
        "slv1.a.b",
        "slv1.a.b.c",
        "slv2.a.b.AAAA",
        "slv1..b.AAAA",
        "slv1.a.b.!!!!",
        "slv1.a.b.c.d"
      })
  void whatIsNoTokenIsRefusedUnquoted(String text) {
    assertThatThrownBy(() -> JoinToken.parse(text + "\n"))
        .isInstanceOfSatisfying(
            CertificateException.class,
            refused -> assertThat(refused.code()).isEqualTo("SELV-4020"))
        .hasMessageContaining("Fix:");
  }

  @Test
  void aCertificateIsItsOwnProofAndEachHasItsOwnKey() throws Exception {
    WorkloadIdentity identity = PKI.identity("reviews");
    IdentityTls tls = new IdentityTls(identity, port -> null, Clock.systemUTC(), refusal -> {});
    for (int i = 0; i < 3; i++) {
      CertificateClient.Issued issued = client().byCertificate(tls, "cluster.local");
      identity.install(issued.svid());
    }
    assertThat(new HashSet<>(authority.keys)).hasSize(3);
    assertThat(authority.bearers).containsOnly("");
  }

  @Test
  void renewsAtHalfLifeWithANewKeyEachTimeAndSaysNothing() throws Exception {
    authority.lifetime = Duration.ofSeconds(3);
    WorkloadIdentity identity = new WorkloadIdentity();
    CertificateKeeper keeper = keeper(identity, token(PKI), null);
    keeper.start();
    assertThat(keeper.awaitFirst(Duration.ofSeconds(20))).isTrue();
    Object epoch = identity.state().epoch();
    await().atMost(Duration.ofSeconds(40)).until(() -> authority.keys.size() >= 4);
    assertThat(new HashSet<>(authority.keys)).hasSameSizeAs(authority.keys);
    assertThat(identity.state().epoch()).isSameAs(epoch);
    assertThat(warnings).isEmpty();
    assertThat(authority.bearers.stream().filter(bearer -> !bearer.isEmpty())).hasSize(1);
  }

  @Test
  void aRestartComesBackWithWhatWasKept() throws Exception {
    IdentityFiles files = new IdentityFiles(folder.resolve("data"));
    WorkloadIdentity first = new WorkloadIdentity();
    CertificateKeeper keeper = keeper(first, token(PKI), files);
    keeper.start();
    assertThat(keeper.awaitFirst(Duration.ofSeconds(20))).isTrue();
    await()
        .until(
            () ->
                Files.exists(folder.resolve("data/identity.pem"))
                    && Files.exists(folder.resolve("data/bundle.pem")));
    Svid had = first.svid();
    assertThat(
            PosixFilePermissions.toString(
                Files.getPosixFilePermissions(folder.resolve("data/key.pem"))))
        .isEqualTo("rw-------");
    keeper.close();
    WorkloadIdentity second = new WorkloadIdentity();
    CertificateKeeper again = keeper(second, null, files);
    again.start();
    assertThat(again.awaitFirst(Duration.ofSeconds(1))).isTrue();
    assertThat(second.svid()).isNotNull();
    assertThat(second.svid().serial()).isEqualTo(had.serial());
    assertThat(second.state().bundle().of("cluster.local")).containsExactly(PKI.root);
    again.close();
    Files.setPosixFilePermissions(
        folder.resolve("data/key.pem"), PosixFilePermissions.fromString("rw-r--r--"));
    CertificateKeeper exposed = keeper(new WorkloadIdentity(), null, files);
    exposed.start();
    assertThat(exposed.awaitFirst(Duration.ofSeconds(20))).isFalse();
    assertThat(warnings).anyMatch(line -> line.startsWith("SELV-4026"));
  }

  @Test
  void aRefusedTokenIsKnownAtOnceAndNotRepeated() throws Exception {
    WorkloadIdentity identity = new WorkloadIdentity();
    String used = token(PKI);
    authority.tokens.clear();
    CertificateKeeper keeper = keeper(identity, used, null);
    keeper.start();
    long start = System.nanoTime();
    assertThat(keeper.awaitFirst(Duration.ofSeconds(30))).isFalse();
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(25));
    assertThat(identity.svid()).isNull();
    assertThat(warnings).singleElement().asString().contains("[SELV-4102]");
    assertThat(authority.bearers).hasSize(1);
  }
}
