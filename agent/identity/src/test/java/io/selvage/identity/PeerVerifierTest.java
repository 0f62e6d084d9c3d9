package io.selvage.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.engine.model.StringMatch;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PeerVerifierTest {
  private static final TestPki PKI = WrongChains.PKI;
  private static final PeerVerifier ANYBODY = new PeerVerifier(Clock.systemUTC(), List.of());

  static List<WrongChains.Wrong> wrongChains() {
    return WrongChains.all();
  }

  @Test
  void thereAreAtLeastThirtyWrongChains() {
    assertThat(wrongChains()).hasSizeGreaterThanOrEqualTo(30);
  }

  @ParameterizedTest
  @MethodSource("wrongChains")
  void refusesWrongChainsInBothRoles(WrongChains.Wrong wrong) {
    X509Certificate[] chain = wrong.chain().toArray(new X509Certificate[0]);
    for (PeerVerifier.Role role : PeerVerifier.Role.values()) {
      assertThatThrownBy(() -> ANYBODY.verify(chain, PKI.bundle(), role))
          .isInstanceOfSatisfying(
              IdentityException.class,
              refusal ->
                  assertThat(refusal.code()).as(refusal.getMessage()).isEqualTo(wrong.code()));
    }
  }

  private static X509Certificate[] good(java.util.function.Consumer<TestPki.Leaf> change) {
    return PKI.svid(change).chain().toArray(new X509Certificate[0]);
  }

  @Test
  void acceptsGoodChainsInAnyOrderAndWithTheRoot() throws Exception {
    X509Certificate[] chain = good(l -> {});
    for (PeerVerifier.Role role : PeerVerifier.Role.values()) {
      assertThat(ANYBODY.verify(chain, PKI.bundle(), role))
          .hasToString("spiffe://cluster.local/ns/default/sa/reviews");
      assertThat(
              ANYBODY.verify(
                  new X509Certificate[] {chain[0], PKI.root, chain[1]}, PKI.bundle(), role))
          .isNotNull();
      assertThat(ANYBODY.verify(good(l -> l.purposes = List.of()), PKI.bundle(), role)).isNotNull();
      assertThat(ANYBODY.verify(good(l -> l.dns = List.of("reviews")), PKI.bundle(), role))
          .isNotNull();
    }
  }

  @Test
  void usageIsForOneRole() throws Exception {
    X509Certificate[] serverOnly = good(l -> l.purposes = List.of(KeyPurposeId.id_kp_serverAuth));
    assertThat(ANYBODY.verify(serverOnly, PKI.bundle(), PeerVerifier.Role.SERVER)).isNotNull();
    assertThatThrownBy(() -> ANYBODY.verify(serverOnly, PKI.bundle(), PeerVerifier.Role.CLIENT))
        .hasMessageStartingWith("[SELV-4007]");
    X509Certificate[] clientOnly = good(l -> l.purposes = List.of(KeyPurposeId.id_kp_clientAuth));
    assertThat(ANYBODY.verify(clientOnly, PKI.bundle(), PeerVerifier.Role.CLIENT)).isNotNull();
    assertThatThrownBy(() -> ANYBODY.verify(clientOnly, PKI.bundle(), PeerVerifier.Role.SERVER))
        .hasMessageStartingWith("[SELV-4007]");
  }

  @Test
  void twoMinutesOfSkewPassAndMoreNamesTheClocks() throws Exception {
    X509Certificate[] chain = good(l -> {});
    Clock real = Clock.systemUTC();
    Duration before = Duration.between(real.instant(), chain[0].getNotBefore().toInstant());
    Duration after = Duration.between(real.instant(), chain[0].getNotAfter().toInstant());
    assertThat(at(before.minusSeconds(100)).verify(chain, PKI.bundle(), PeerVerifier.Role.SERVER))
        .isNotNull();
    assertThat(at(after.plusSeconds(100)).verify(chain, PKI.bundle(), PeerVerifier.Role.SERVER))
        .isNotNull();
    for (Duration offset :
        List.of(
            before.minusSeconds(200),
            after.plusSeconds(200),
            Duration.ofDays(40),
            Duration.ofHours(-2))) {
      assertThatThrownBy(() -> at(offset).verify(chain, PKI.bundle(), PeerVerifier.Role.SERVER))
          .hasMessageStartingWith("[SELV-4008]")
          .hasMessageContaining("clock");
    }
  }

  private static PeerVerifier at(Duration offset) {
    return new PeerVerifier(Clock.offset(Clock.systemUTC(), offset), List.of());
  }

  @Test
  void expectsNames() throws Exception {
    X509Certificate[] chain = good(l -> {});
    String id = "spiffe://cluster.local/ns/default/sa/reviews";
    for (StringMatch good :
        List.of(
            new StringMatch.Exact(id, false),
            new StringMatch.Exact(id.toUpperCase(java.util.Locale.ROOT), true),
            new StringMatch.Prefix("spiffe://cluster.local/ns/default/", false),
            new StringMatch.Suffix("/sa/reviews", false),
            new StringMatch.Contains("/ns/default/", false),
            new StringMatch.Regex("spiffe://.*/sa/rev[a-z]+"))) {
      assertThat(
              new PeerVerifier(Clock.systemUTC(), List.of(new StringMatch.Exact("x", false), good))
                  .verify(chain, PKI.bundle(), PeerVerifier.Role.SERVER))
          .hasToString(id);
    }
    for (StringMatch bad :
        List.of(
            new StringMatch.Exact("spiffe://cluster.local/ns/default/sa/ratings", false),
            new StringMatch.Exact(id.toUpperCase(java.util.Locale.ROOT), false),
            new StringMatch.Prefix("spiffe://cluster.local/ns/prod/", false),
            new StringMatch.Regex("spiffe://.*/sa/rev"),
            new StringMatch.Regex("(["))) {
      assertThatThrownBy(
              () ->
                  new PeerVerifier(Clock.systemUTC(), List.of(bad))
                      .verify(chain, PKI.bundle(), PeerVerifier.Role.SERVER))
          .hasMessageStartingWith("[SELV-4006]");
    }
  }

  @Test
  void severalRootsAndDomainsAreTrustedSideBySide() throws Exception {
    TestPki next = new TestPki("next");
    TrustBundle both = TrustBundle.of("cluster.local", List.of(PKI.root, next.root));
    X509Certificate[] ofNext = next.svid(l -> {}).chain().toArray(new X509Certificate[0]);
    assertThat(ANYBODY.verify(good(l -> {}), both, PeerVerifier.Role.SERVER)).isNotNull();
    assertThat(ANYBODY.verify(ofNext, both, PeerVerifier.Role.SERVER)).isNotNull();
    TrustBundle federated = PKI.bundle().with("partner.example", List.of(next.root));
    X509Certificate[] partner =
        next.svid("spiffe://partner.example/ns/a/sa/b").chain().toArray(new X509Certificate[0]);
    assertThat(ANYBODY.verify(partner, federated, PeerVerifier.Role.SERVER)).isNotNull();
    // a partner's root speaks for the partner's domain alone
    assertThatThrownBy(() -> ANYBODY.verify(ofNext, federated, PeerVerifier.Role.SERVER))
        .hasMessageStartingWith("[SELV-4003]");
  }
}
