package io.selvage.identity;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.provider.MethodSource;

/** The id parser over any text: what it reads, it prints the same, and nothing else is an id. */
class SpiffeIdFuzzTest {
  static Stream<byte[]> seeds() {
    return Stream.of(
            "",
            "spiffe://",
            "spiffe://cluster.local/ns/default/sa/reviews",
            "spiffe://a.b-c_d/1/2/3",
            "spiffe://td/...",
            "spiffe://td/../x",
            "spiffe://td//x",
            "spiffe://td/x/",
            "SPIFFE://td/x",
            "spiffe://TD/x",
            "spiffe://td:443/x",
            "spiffe://u@td/x",
            "spiffe://td/%2e%2e/x",
            "spiffe://td/x?q#f",
            "spiffe://td/x\u0000",
            "spiffe://td/\u0430",
            "spiffe://td/ns/a/sa/b,spiffe://td/ns/c/sa/d",
            "spiffe://[::1]/x",
            "spiffe://td/" + "x".repeat(2036),
            "spiffe://td/" + "x".repeat(2037))
        .map(text -> text.getBytes(StandardCharsets.UTF_8));
  }

  /** Runs its seeds in every build; searches on its own with {@code JAZZER_FUZZ=1}. */
  @FuzzTest(maxDuration = "60s")
  @MethodSource("seeds")
  void readsOnlyWhatItPrints(byte @Nullable [] bytes) {
    if (bytes == null) {
      return;
    }
    String text = new String(bytes, StandardCharsets.UTF_8);
    SpiffeId id = SpiffeId.parse(text);
    if (id == null) {
      return;
    }
    assertThat(id.toString()).isEqualTo(text);
    assertThat(SpiffeId.parse(id.toString())).isEqualTo(id);
    assertThat(text).matches("spiffe://[a-z0-9._-]{1,255}(/[A-Za-z0-9._-]+)+");
    assertThat(text.length()).isLessThanOrEqualTo(2048);
    for (String segment : id.path().substring(1).split("/", -1)) {
      assertThat(segment).isNotEmpty().isNotIn(".", "..");
    }
    boolean ofAccount = !id.namespace().isEmpty();
    assertThat(!id.serviceAccount().isEmpty()).isEqualTo(ofAccount);
    if (ofAccount) {
      assertThat(SpiffeId.of(id.trustDomain(), id.namespace(), id.serviceAccount())).isEqualTo(id);
    }
  }

  /** Built of good and bad pieces, so that most inputs come far. */
  @FuzzTest(maxDuration = "60s")
  void isNotFooledByPieces(FuzzedDataProvider data) {
    String[] pieces = {
      "spiffe://", "td", "/", "ns", "sa", "a", ".", "..", "%2f", "\\", "?", "#", "@", ":", "A", "\0"
    };
    StringBuilder text = new StringBuilder();
    for (int i = data.consumeInt(0, 24); i > 0; i--) {
      text.append(data.pickValue(pieces));
    }
    readsOnlyWhatItPrints(text.toString().getBytes(StandardCharsets.UTF_8));
  }
}
