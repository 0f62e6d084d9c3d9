package io.selvage.engine.balancing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Base64;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a session's cookie says, and what a stranger may put into it. */
class SessionCookieTest {
  @Test
  void isVoidAfterItsTime() {
    String cookie = SessionCookie.write("10.0.0.1:80", 1_000);
    assertThat(SessionCookie.read(cookie, 1_000)).isEqualTo("10.0.0.1:80");
    assertThat(SessionCookie.read(cookie, 1_001)).isNull();
    assertThat(SessionCookie.read(SessionCookie.write("10.0.0.1:80", 0), Long.MAX_VALUE))
        .isEqualTo("10.0.0.1:80");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "=", "abc", "%%%%", "AAAA\u00e9AAA"})
  void noBase64IsNoSession(String text) {
    assertThat(SessionCookie.read(text, 1)).isNull();
  }

  @Test
  void anyBytesAreReadWithoutHarm() {
    SplittableRandom random = new SplittableRandom(11);
    for (int i = 0; i < 200_000; i++) {
      byte[] data = new byte[1 + random.nextInt(24)];
      random.nextBytes(data);
      // neither an exception nor more text than there are bytes
      String read = SessionCookie.read(Base64.getEncoder().encodeToString(data), 5);
      assertThat(read == null || read.length() <= data.length).isTrue();
    }
  }

  @Test
  void aCookieThatIsTooLongIsNone() {
    assertThat(SessionCookie.read("A".repeat(1_028), 1)).isNull();
  }
}
