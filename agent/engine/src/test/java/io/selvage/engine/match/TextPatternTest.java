package io.selvage.engine.match;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.re2j.Pattern;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TextPatternTest {
  @ParameterizedTest
  @CsvSource({
    "/api/v1, /api/v1",
    "/api/v1.*, /api/v1",
    "/api/v[0-9]+/x, /api/v",
    "/api/(a|b), /api/",
    "ab*c, a",
    "ab?, a",
    ".*x, ''",
    "(?i)/api, ''",
    "/a|/b, ''",
    "/a\\.b.*, /a.b",
    "^/anchored$, /anchored",
    "/x{2}, /"
  })
  void findsTheLiteralPrefix(String regex, String prefix) {
    assertThat(TextPattern.of(regex).literalPrefix()).isEqualTo(prefix);
  }

  @ParameterizedTest
  @ValueSource(strings = {"(", "[a", "a**", "\\", "(?<=a)b", "x{1001}"})
  void refusesWhatRe2Refuses(String regex) {
    assertThatThrownBy(() -> TextPattern.of(regex))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("not an RE2 expression");
  }

  /** Whatever way a pattern is split, it decides as RE2 does on the whole string. */
  @Test
  void decidesAsRe2OnRandomPatterns() {
    SplittableRandom random = new SplittableRandom(11);
    String[] pieces = {
      "a",
      "b",
      "/",
      "\\.",
      ".*",
      ".+",
      "(a|b)",
      "(?:ab|/)",
      "[ab]",
      "a?",
      "b*",
      "|",
      "^",
      "$",
      "\\-",
      "ab",
      "(",
      ")",
      "{2}",
      "(?i)"
    };
    int compared = 0;
    for (int i = 0; i < 60_000; i++) {
      StringBuilder regex = new StringBuilder();
      int n = 1 + random.nextInt(4);
      for (int p = 0; p < n; p++) {
        regex.append(pieces[random.nextInt(pieces.length)]);
      }
      TextPattern split;
      try {
        split = TextPattern.of(regex.toString());
      } catch (IllegalArgumentException notRe2) {
        continue;
      }
      Pattern whole = Pattern.compile(regex.toString());
      for (int s = 0; s < 8; s++) {
        String text = text(random);
        assertThat(split.matches(text))
            .as("%s on '%s'", regex, text)
            .isEqualTo(whole.matches(text));
        assertThat(!split.matches(text) || text.startsWith(split.literalPrefix()))
            .as("%s has prefix '%s'", regex, split.literalPrefix())
            .isTrue();
        compared++;
      }
    }
    assertThat(compared).isGreaterThan(100_000);
  }

  private static String text(SplittableRandom random) {
    String letters = "ab/.-A\n";
    StringBuilder text = new StringBuilder();
    int n = random.nextInt(5);
    for (int i = 0; i < n; i++) {
      text.append(letters.charAt(random.nextInt(letters.length())));
    }
    return text.toString();
  }
}
