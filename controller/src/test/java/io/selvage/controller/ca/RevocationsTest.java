package io.selvage.controller.ca;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RevocationsTest {
  private static final Instant NOW = Instant.parse("2026-11-20T10:00:00Z");
  private static final String ID = "spiffe://cluster.local/ns/default/sa/reviews";
  @TempDir Path folder;

  private Revocations open(Instant now) {
    return Revocations.open(
        PrivateFolder.open(folder.resolve("mesh")),
        Clock.fixed(now, ZoneOffset.UTC),
        Duration.ofHours(24));
  }

  @Test
  void areKeptOverARestartAndLifted() {
    Revocations revocations = open(NOW);
    AtomicInteger told = new AtomicInteger();
    revocations.onChange(told::incrementAndGet);
    revocations.revoke(ID, "key stolen", "ann");
    revocations.revoke(ID, "again", "bob");
    revocations.revoke("00:AB:CD", "lost laptop", "ann");
    assertThat(told).hasValue(2);

    Revocations again = open(NOW);
    assertThat(again.all()).isEqualTo(revocations.all());
    assertThat(again.isRevoked(SpiffeId.parse(ID).orElseThrow())).isTrue();
    TrustBundle.Revoked revoked = again.told(java.util.List.of());
    assertThat(revoked.ids()).containsExactly(ID);
    assertThat(revoked.serials()).containsExactly("abcd");
    assertThat(again.lift("abcd").by()).isEqualTo("ann");
    assertThatThrownBy(() -> again.lift("abcd")).hasMessageStartingWith("[SELV-4144]");
    again.lift(ID);
    assertThat(open(NOW).all()).isEmpty();
  }

  @Test
  void aSerialIsForgottenWhenItsCertificateIsLongOverAnIdentityNever() {
    open(NOW).revoke("abcd", "", "ann");
    Revocations later = open(NOW.plus(Duration.ofDays(2)));
    later.revoke(ID, "", "ann");
    assertThat(later.all()).extracting(Revocations.Entry::what).containsExactly(ID);
    Revocations muchLater = open(NOW.plus(Duration.ofDays(900)));
    muchLater.revoke("ef", "", "ann");
    assertThat(muchLater.all()).extracting(Revocations.Entry::what).containsExactly(ID, "ef");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "spiffe://cluster.local",
        "spiffe://cluster.local/ns/a/sa/b/c",
        "spiffe://CLUSTER/ns/a/sa/b",
        "xyz",
        "0x12",
        "123456789012345678901234567890123456789012"
      })
  void whatIsNeitherIdNorSerialIsRefused(String what) {
    assertThatThrownBy(() -> open(NOW).revoke(what, "", "ann"))
        .hasMessageStartingWith("[SELV-4140]")
        .hasMessageContaining("Fix:");
  }

  @Test
  void aDamagedFileLetsNobodyIn() throws Exception {
    open(NOW).revoke(ID, "", "ann");
    Path file = folder.resolve("mesh/revocations.json");
    Files.writeString(file, Files.readString(file).replace("spiffe://", "spiff://"));
    assertThatThrownBy(() -> open(NOW)).hasMessageStartingWith("[SELV-4142]");
  }
}
