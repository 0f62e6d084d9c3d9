package io.selvage.identity.token;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.model.JwtProvider;
import io.selvage.engine.security.TokenFault;
import io.selvage.engine.security.TokenVerifier.KeysPending;
import io.selvage.engine.security.TokenVerifier.Refused;
import io.selvage.engine.security.TokenVerifier.Verdict;
import io.selvage.engine.security.TokenVerifier.Verified;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Keys that are fetched, in virtual time: outages, rotation, and who may cause a fetch. */
class RemoteKeysTest {
  private final Issuer issuer = new Issuer();
  private final List<CompletableFuture<String>> fetches = new ArrayList<>();
  private final List<String> reports = new ArrayList<>();
  private long nanos = 7;
  private final Tokens tokens =
      new Tokens(
          (uri, timeout) -> {
            CompletableFuture<String> fetch = new CompletableFuture<>();
            fetches.add(fetch);
            return fetch;
          },
          () -> nanos,
          () -> Issuer.NOW * 1000,
          (code, text) -> reports.add(code + " " + text));
  private final JwtProvider provider =
      TokenAttacksTest.provider(
          new JwtProvider.RemoteKeys(
              "https://issuer.example/keys", Duration.ofSeconds(5), Duration.ofMinutes(20)));

  private Verdict judge(String token) {
    return tokens.verify(provider, List.of(), token);
  }

  private void pass(Duration time) {
    nanos += time.toNanos();
  }

  private Verdict good() {
    return judge(issuer.good(Issuer.claims()));
  }

  private void answer(String text) {
    fetches.get(fetches.size() - 1).complete(text);
  }

  private void fail() {
    fetches.get(fetches.size() - 1).completeExceptionally(new IOException("refused"));
  }

  @Test
  void theFirstTokensWaitForOneFetch() {
    assertThat(good()).isInstanceOf(KeysPending.class);
    assertThat(good()).isInstanceOf(KeysPending.class);
    assertThat(fetches).hasSize(1);

    answer(issuer.jwks());
    assertThat(good()).isInstanceOf(Verified.class);
    assertThat(fetches).hasSize(1);
  }

  /** CVE-2026-31837: a failed fetch never makes other keys count. */
  @Test
  void cve2026_31837_withoutKeysNothingIsBelieved() {
    good();
    fail();

    assertThat(good())
        .isEqualTo(new Refused(TokenFault.NO_KEYS, "its issuer's keys are not known"));
    assertThat(fetches).hasSize(1);
    assertThat(reports).hasSize(1);
    assertThat(reports.get(0)).startsWith("SELV-5230").contains("Fix:");
    pass(Duration.ofSeconds(3));
    assertThat(good()).isInstanceOf(KeysPending.class);
    answer("{\"keys\":[]}");
    assertThat(good()).isInstanceOf(Refused.class);
  }

  @Test
  void oldKeysServeForADayOfOutage() {
    good();
    answer(issuer.jwks());
    for (int minutes = 0; minutes < 24 * 60 - 1; minutes += 10) {
      assertThat(good()).as("after %d minutes", minutes).isInstanceOf(Verified.class);
      if (!fetches.get(fetches.size() - 1).isDone()) {
        fail();
      }
      pass(Duration.ofMinutes(10));
    }
    pass(Duration.ofMinutes(10));
    assertThat(good()).isNotInstanceOf(Verified.class);
    fail();
    assertThat(good()).isInstanceOf(Refused.class);
    pass(Duration.ofMinutes(2));
    assertThat(good()).isInstanceOf(KeysPending.class);
    answer(issuer.jwks());
    assertThat(good()).isInstanceOf(Verified.class);
  }

  @Test
  void freshKeysAreFetchedWithoutMakingAnyoneWait() {
    good();
    answer(issuer.jwks());
    pass(Duration.ofMinutes(21));

    assertThat(good()).isInstanceOf(Verified.class);
    assertThat(fetches).hasSize(2);
  }

  @Test
  void rotatedKeysAreFoundAndOldOnesForgotten() {
    good();
    answer(issuer.jwks());
    assertThat(good()).isInstanceOf(Verified.class);
    Issuer rotated = new Issuer();
    String fresh = rotated.rs256("{\"alg\":\"RS256\",\"kid\":\"r2\"}", Issuer.claims());
    pass(Duration.ofSeconds(31));
    assertThat(judge(fresh)).isInstanceOf(KeysPending.class);
    answer(rotated.jwks().replace("\"kid\":\"r\"", "\"kid\":\"r2\""));

    assertThat(judge(fresh)).isInstanceOf(Verified.class);
    assertThat(good()).isInstanceOf(Refused.class);
  }

  @Test
  void unknownKeyIdsCauseOneFetchInThirtySeconds() {
    good();
    answer(issuer.jwks());
    pass(Duration.ofSeconds(31));
    int asked = 0;
    for (int i = 0; i < 3000; i++) {
      Verdict verdict = judge(issuer.rs256Header("{\"alg\":\"RS256\",\"kid\":\"x" + i + "\"}"));
      if (verdict instanceof KeysPending) {
        asked++;
        answer(issuer.jwks());
      }
      pass(Duration.ofMillis(20));
    }
    assertThat(asked).isBetween(1, 2);
    assertThat(fetches.size()).isLessThanOrEqualTo(3);
  }
}
