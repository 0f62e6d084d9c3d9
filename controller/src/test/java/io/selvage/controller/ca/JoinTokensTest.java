package io.selvage.controller.ca;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JoinTokensTest {
  private static final SpiffeId ME = new SpiffeId("cluster.local", "default", "reviews");
  private static final Instant NOW = Instant.parse("2026-11-20T10:00:00Z");
  @TempDir Path folder;

  private JoinTokens open(Instant now) {
    return JoinTokens.open(
        PrivateFolder.open(folder.resolve("ca")), Clock.fixed(now, ZoneOffset.UTC));
  }

  @Test
  void hasTheFormOfTheContractAndStoresNoSecret() throws Exception {
    String token = open(NOW).create(ME, 1, Duration.ofMinutes(10), "PIN").token();
    assertThat(token).matches("slv1\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]{43}\\.PIN");
    assertThat(Files.readString(folder.resolve("ca/join-tokens.json")))
        .doesNotContain(token.split("\\.")[2]);
  }

  @RepeatedTest(5)
  void aHundredRedeemersOfAOneUseTokenGiveOneSuccess() throws Exception {
    JoinTokens tokens = open(NOW);
    String token = tokens.create(ME, 1, Duration.ofMinutes(10), "PIN").token();
    ExecutorService pool = Executors.newFixedThreadPool(100);
    try {
      CountDownLatch go = new CountDownLatch(1);
      List<Future<Boolean>> tries = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        tries.add(
            pool.submit(
                () -> {
                  go.await();
                  try {
                    tokens.redeem(token);
                    return true;
                  } catch (CodedException refused) {
                    assertThat(refused.code()).isEqualTo("SELV-4102");
                    return false;
                  }
                }));
      }
      go.countDown();
      int succeeded = 0;
      for (Future<Boolean> attempt : tries) {
        succeeded += attempt.get() ? 1 : 0;
      }
      assertThat(succeeded).isEqualTo(1);
    } finally {
      pool.shutdownNow();
    }
  }

  @Test
  void usesAreCountedAcrossARestart() {
    String token = open(NOW).create(ME, 2, Duration.ofMinutes(10), "PIN").token();
    assertThat(open(NOW).redeem(token)).isEqualTo(ME);
    assertThat(open(NOW).redeem(token)).isEqualTo(ME);
    assertThatThrownBy(() -> open(NOW).redeem(token)).hasMessageStartingWith("[SELV-4102]");
  }

  @Test
  void expires() {
    String token = open(NOW).create(ME, 1, Duration.ofMinutes(10), "PIN").token();
    assertThatThrownBy(() -> open(NOW.plusSeconds(600)).redeem(token))
        .hasMessageStartingWith("[SELV-4103]");
    assertThat(open(NOW.plusSeconds(599)).redeem(token)).isEqualTo(ME);
  }

  @Test
  void aGuessIsUnknown() {
    JoinTokens tokens = open(NOW);
    String token = tokens.create(ME, 1, Duration.ofMinutes(10), "PIN").token();
    String[] parts = token.split("\\.");
    for (String guess :
        List.of(
            "",
            "slv1",
            "slv1...",
            "slv1." + parts[1] + ".." + parts[3],
            "slv1." + parts[1] + "." + "A".repeat(43) + "." + parts[3],
            "slv1.AAAA." + parts[2] + "." + parts[3],
            "slv2." + parts[1] + "." + parts[2] + "." + parts[3],
            "slv1." + parts[1] + ".%%%." + parts[3],
            token + ".x")) {
      assertThatThrownBy(() -> tokens.redeem(guess)).hasMessageStartingWith("[SELV-4101]");
    }
    assertThat(tokens.redeem(token)).isEqualTo(ME);
  }

  @Test
  void aDamagedFileIsACodedFailure() {
    PrivateFolder.open(folder.resolve("ca")).write("join-tokens.json", "[{\"id\":");
    assertThatThrownBy(() -> open(NOW)).hasMessageStartingWith("[SELV-4106]");
  }
}
