package io.selvage.identity.token;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Readers of tokens and of JSON over evil and random bytes: a value or a reason, nothing else. */
class TokenFuzzTest {
  static Stream<byte[]> seeds() throws Exception {
    return Stream.concat(
            TokenAttacksTest.attacks().stream().map(a -> (String) a.get()[1]),
            Stream.of("{\"a\":[1,-0.5e+3,null,true,\"\\u00e9\\n\"]}", "{\"a\":1,\"a\":2}"))
        .map(text -> text.getBytes(StandardCharsets.UTF_8));
  }

  /** Runs its seeds in every build; searches on its own with {@code JAZZER_FUZZ=1}. */
  @FuzzTest(maxDuration = "60s")
  @MethodSource("seeds")
  void readersSayYesOrNo(byte[] bytes) {
    if (bytes == null) {
      return;
    }
    String text = new String(bytes, StandardCharsets.UTF_8);
    try {
      SignedToken token = SignedToken.read(text);
      assertThat(token.algorithm()).isNotEqualToIgnoringCase("none");
      assertThat(text).contains(token.payloadText());
      assertThat(token.header()).doesNotContainKey("crit");
    } catch (SignedToken.Unreadable no) {
      assertThat(no.fault().code()).startsWith("SELV-52");
    }
    try {
      assertThat(StrictJson.object(text)).isNotNull();
    } catch (StrictJson.Malformed no) {
      assertThat(no.getMessage()).isNotBlank();
    }
  }
}
