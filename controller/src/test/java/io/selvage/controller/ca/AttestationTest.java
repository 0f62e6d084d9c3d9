package io.selvage.controller.ca;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Context;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.selvage.controller.ca.proto.IstioCertificateRequest;
import io.selvage.controller.ca.proto.IstioCertificateResponse;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Join tokens at the service that takes them: races, guesses, what is written down. */
class AttestationTest {
  @TempDir Path folder;
  private final AtomicLong nanos = new AtomicLong();
  private final List<AttestationAudit.Row> rows = new CopyOnWriteArrayList<>();
  private final KeyPair keys = CertificateTemplate.newKeyPair();
  private MeshAuthority mesh;
  private CertificateService service;
  private String csr;

  @BeforeEach
  void open() throws Exception {
    mesh =
        MeshAuthority.open(
            CaSettings.dev(folder.resolve("ca"), "cluster.local"),
            PrivateFolder.open(folder.resolve("mesh")),
            Clock.systemUTC());
    service =
        CertificateService.of(mesh, AttestationSettings.TOKENS_ONLY.with(rows::add), nanos::get);
    csr =
        Pem.block(
            "CERTIFICATE REQUEST",
            new JcaPKCS10CertificationRequestBuilder(new X500Name("O=test"), keys.getPublic())
                .build(new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate()))
                .getEncoded());
  }

  /** The status code of a request; OK where a certificate came. */
  private Status ask(String address, String bearer) {
    List<Status> answer = new ArrayList<>();
    Context.current()
        .withValue(PeerCertificate.ADDRESS, address)
        .withValue(PeerCertificate.BEARER, bearer)
        .run(
            () ->
                service.createCertificate(
                    IstioCertificateRequest.newBuilder().setCsr(csr).build(),
                    new StreamObserver<IstioCertificateResponse>() {
                      @Override
                      public void onNext(IstioCertificateResponse response) {}

                      @Override
                      public void onError(Throwable refused) {
                        answer.add(Status.fromThrowable(refused));
                      }

                      @Override
                      public void onCompleted() {
                        answer.add(Status.OK);
                      }
                    }));
    return answer.get(0);
  }

  private String token() {
    return mesh.createToken("default", "reviews", 1, Duration.ofMinutes(10)).token();
  }

  @Test
  void ofAHundredConcurrentRedeemersExactlyOneSucceedsFiftyTimes() throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(100);
    try {
      for (int run = 0; run < 50; run++) {
        nanos.addAndGet(2_000_000_000L);
        String token = token();
        CountDownLatch go = new CountDownLatch(1);
        List<Future<Status>> tries = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
          String address = "10.0." + run + "." + i;
          tries.add(
              pool.submit(
                  () -> {
                    go.await();
                    return ask(address, token);
                  }));
        }
        go.countDown();
        int good = 0;
        for (Future<Status> each : tries) {
          Status status = each.get();
          if (status.isOk()) {
            good++;
          } else {
            assertThat(status.getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
            assertThat(status.getDescription()).startsWith("[SELV-4102]");
          }
        }
        assertThat(good).as("run " + run).isEqualTo(1);
      }
    } finally {
      pool.shutdownNow();
    }
    assertThat(rows.stream().filter(r -> r.code().isEmpty())).hasSize(50);
    assertThat(rows).hasSize(5_000);
  }

  @Test
  void tenThousandGuessesLetNobodyInAndLockTheGuesserOut() {
    String real = token();
    String[] parts = real.split("\\.");
    Random random = new Random(42);
    int checked = 0;
    for (int i = 0; i < 10_000; i++) {
      nanos.addAndGet(10_000_000L);
      byte[] guess = new byte[32];
      random.nextBytes(guess);
      String secret = Base64.getUrlEncoder().withoutPadding().encodeToString(guess);
      Status status = ask("10.9.9.9", "slv1." + parts[1] + "." + secret + "." + parts[3]);
      assertThat(status.isOk()).isFalse();
      if (status.getCode() == Status.Code.UNAUTHENTICATED) {
        assertThat(status.getDescription()).startsWith("[SELV-4101]");
        checked++;
      } else {
        assertThat(status.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
        assertThat(status.getDescription()).startsWith("[SELV-4107]");
      }
    }
    // 100 s at 100 a second: five at once, then one a second
    assertThat(checked).isBetween(90, 110);
    assertThat(rows).hasSize(checked);
    assertThat(ask("10.9.9.9", real).getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(ask("10.9.9.8", real).isOk()).as("others are not locked out").isTrue();
  }

  @Test
  void neighboursInOneIpv6NetworkCountAsOne() {
    for (int i = 0; i < 5; i++) {
      ask("2001:db8:0:1:0:0:0:" + i, "slv1.a.b.c");
    }
    assertThat(ask("2001:db8:0:1:aaaa:0:0:9", "slv1.a.b.c").getCode())
        .isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(ask("2001:db8:0:2:0:0:0:1", "slv1.a.b.c").getCode())
        .isEqualTo(Status.Code.UNAUTHENTICATED);
  }

  @Test
  void everyAttemptIsWrittenDownWithoutItsSecret() {
    String token = token();
    assertThat(ask("10.0.0.1", token).isOk()).isTrue();
    assertThat(ask("10.0.0.2", token).isOk()).isFalse();
    assertThat(ask("10.0.0.3", "eyJhbGciOiJub25lIn0.e30.").isOk()).isFalse();
    assertThat(rows)
        .extracting(AttestationAudit.Row::caller, AttestationAudit.Row::code)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("10.0.0.1", ""),
            org.assertj.core.groups.Tuple.tuple("10.0.0.2", "SELV-4102"),
            org.assertj.core.groups.Tuple.tuple("10.0.0.3", "SELV-4101"));
    assertThat(rows.get(0).identity()).isEqualTo("spiffe://cluster.local/ns/default/sa/reviews");
    assertThat(rows.get(0).how()).isEqualTo("join-token " + token.split("\\.")[1]);
    assertThat(rows.toString()).doesNotContain(token.split("\\.")[2]);
  }

  @Test
  void aRevokedIdentityGetsNoCertificateAndItsTokenIsNotUsedUp() {
    String token = token();
    String id = "spiffe://cluster.local/ns/default/sa/reviews";
    mesh.revocations().revoke(id, "", "ann");
    assertThat(ask("10.0.0.1", token).getDescription()).startsWith("[SELV-4141]");
    mesh.revocations().lift(id);
    assertThat(ask("10.0.0.2", token).isOk()).isTrue();
  }
}
