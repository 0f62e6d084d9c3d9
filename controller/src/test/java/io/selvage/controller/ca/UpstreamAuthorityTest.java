package io.selvage.controller.ca;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.selvage.controller.ca.proto.IstioCertificateRequest;
import io.selvage.controller.ca.proto.IstioCertificateResponse;
import io.selvage.controller.ca.proto.IstioCertificateServiceGrpc.IstioCertificateServiceImplBase;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Function;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An authority elsewhere, on a real TLS socket, that signs what it is told to. */
class UpstreamAuthorityTest {
  private static final SpiffeId ME = new SpiffeId("cluster.local", "default", "reviews");
  @TempDir Path folder;
  private final CertificateAuthority.Made own =
      CertificateAuthority.make("cluster.local", Clock.systemUTC());
  private Server server;
  private int port;
  private Duration life = Duration.ofDays(30);
  private Function<PublicKey, List<X509Certificate>> answer =
      key -> List.of(signed(key), own.root());

  private CertificateTemplate.Signer root(CertificateAuthority.Made of) {
    try {
      return new CertificateTemplate.Signer(
          new org.bouncycastle.cert.jcajce.JcaX509CertificateHolder(of.root()).getSubject(),
          of.root().getPublicKey(),
          of.rootKey());
    } catch (java.security.cert.CertificateEncodingException e) {
      throw new IllegalStateException(e);
    }
  }

  private X509Certificate signed(PublicKey key) {
    Instant now = Instant.now();
    return CertificateTemplate.authority(
        root(own),
        new X500Name("CN=by upstream"),
        key,
        now.minusSeconds(60),
        now.plus(life),
        0,
        "cluster.local");
  }

  @BeforeEach
  void serve() throws Exception {
    CertificateAuthority tls =
        CertificateAuthority.open(
            CaSettings.dev(folder.resolve("tls"), "tls.example"), Clock.systemUTC());
    tlsRoots = tls.bundle().roots();
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress("localhost", 0))
            .sslContext(
                GrpcSslContexts.configure(
                        SslContextBuilder.forServer(
                            new OwnIdentity(tls, List.of(), Clock.systemUTC())),
                        SslProvider.JDK)
                    .build())
            .intercept(new PeerCertificate())
            .addService(new Signing())
            .build()
            .start();
    port = server.getPort();
  }

  private List<X509Certificate> tlsRoots = List.of();

  private final class Signing extends IstioCertificateServiceImplBase {
    @Override
    public void createCertificate(
        IstioCertificateRequest request, StreamObserver<IstioCertificateResponse> out) {
      try {
        if (!"our-token".equals(PeerCertificate.BEARER.get())) {
          out.onError(Status.UNAUTHENTICATED.withDescription("who are you").asRuntimeException());
          return;
        }
        PublicKey key =
            new JcaPKCS10CertificationRequest(Pem.blocks(request.getCsr()).get(0).bytes())
                .getPublicKey();
        IstioCertificateResponse.Builder response = IstioCertificateResponse.newBuilder();
        answer.apply(key).forEach(c -> response.addCertChain(Pem.of(c)));
        out.onNext(response.build());
        out.onCompleted();
      } catch (java.security.GeneralSecurityException | java.io.IOException e) {
        out.onError(Status.INVALID_ARGUMENT.asRuntimeException());
      }
    }
  }

  @AfterEach
  void stop() {
    server.shutdownNow();
  }

  private UpstreamAuthority upstream(String token) {
    return new UpstreamAuthority("localhost:" + port, tlsRoots, List.of(own.root()), () -> token);
  }

  private MeshAuthority open(Clock clock) {
    return MeshAuthority.open(
        CaSettings.dev(folder.resolve("ca"), "cluster.local"),
        PrivateFolder.open(folder.resolve("mesh")),
        clock,
        upstream("our-token"));
  }

  private X509Certificate[] leaf(MeshAuthority mesh) {
    return mesh.authority()
        .issue(CertificateTemplate.newKeyPair().getPublic(), ME, Duration.ofHours(1))
        .toArray(new X509Certificate[0]);
  }

  @Test
  void theIntermediateIsSignedElsewhereAndRenewedAtHalfLife() throws Exception {
    MeshAuthority mesh = open(Clock.systemUTC());
    X509Certificate[] first = leaf(mesh);
    assertThat(first[2]).isEqualTo(own.root());
    new MeshTrust(mesh::trust, Clock.systemUTC()).checkClientTrusted(first, "EC");
    assertThat(folder.resolve("ca/root-key.pem")).doesNotExist();
    mesh.renewIntermediate();
    assertThat(leaf(mesh)[1]).isEqualTo(first[1]);

    server.shutdownNow();
    Clock later = Clock.offset(Clock.systemUTC(), Duration.ofDays(16));
    MeshAuthority without = open(later);
    without.renewIntermediate();
    assertThat(leaf(without)[1]).as("it goes on without upstream").isEqualTo(first[1]);
    serve();
    MeshAuthority again = open(later);
    again.renewIntermediate();
    X509Certificate[] second = leaf(again);
    assertThat(second[1]).isNotEqualTo(first[1]);
    assertThat(second[2]).isEqualTo(own.root());
    assertThat(leaf(open(later))[1]).as("over a restart").isEqualTo(second[1]);
  }

  @Test
  void whatMustNotBeSignedSoIsRefused() {
    CertificateAuthority.Made other = CertificateAuthority.make("cluster.local", Clock.systemUTC());
    KeyPair stranger = CertificateTemplate.newKeyPair();
    Instant now = Instant.now();
    refused("SELV-4181", "another key", key -> List.of(signed(stranger.getPublic()), own.root()));
    refused("SELV-4181", "was not named", key -> List.of(signed(key), other.root()));
    refused("SELV-4181", "1 certificates", key -> List.of(signed(key)));
    refused(
        "SELV-4181",
        "not the certificate of an authority",
        key ->
            List.of(
                CertificateTemplate.leaf(
                    root(own),
                    key,
                    now.minusSeconds(1),
                    now.plusSeconds(9999),
                    List.of(new org.bouncycastle.asn1.x509.GeneralName(2, "x"))),
                own.root()));
    refused(
        "SELV-4181",
        "not signed by its root",
        key ->
            List.of(
                CertificateTemplate.authority(
                    root(other),
                    new X500Name("CN=x"),
                    key,
                    now,
                    now.plus(life),
                    0,
                    "cluster.local"),
                own.root()));
    life = Duration.ofMinutes(5);
    refused("SELV-4181", "only", key -> List.of(signed(key), own.root()));
  }

  private void refused(
      String code, String why, Function<PublicKey, List<X509Certificate>> signing) {
    answer = signing;
    assertThatThrownBy(() -> upstream("our-token").sign("cluster.local", Clock.systemUTC()))
        .hasMessageStartingWith("[" + code + "]")
        .hasMessageContaining(why);
  }

  @Test
  void whoDoesNotAnswerOrIsSomebodyElseGivesNothing() {
    assertThatThrownBy(() -> upstream("wrong").sign("cluster.local", Clock.systemUTC()))
        .hasMessageStartingWith("[SELV-4180]")
        .hasMessageContaining("who are you");
    UpstreamAuthority impostor =
        new UpstreamAuthority(
            "localhost:" + port, List.of(own.root()), List.of(own.root()), () -> "our-token");
    assertThatThrownBy(() -> impostor.sign("cluster.local", Clock.systemUTC()))
        .hasMessageStartingWith("[SELV-4180]");
    assertThat(folder.resolve("ca")).doesNotExist();
  }
}
