package io.selvage.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class JsonTest {
  @Test
  void escapesWhatWouldForgeALine() {
    String line =
        new Json().put("path", "/a\"b\\c\n{\"policy\":\"x\"}\u0001\u2028").put("n", 7L).end();

    assertThat(line)
        .isEqualTo(
            "{\"path\":\"/a\\\"b\\\\c\\n{\\\"policy\\\":\\\"x\\\"}\\u0001\\u2028\",\"n\":7}");
  }

  @Test
  void writesNullForWhatIsUnknown() {
    assertThat(new Json().put("a", (String) null).put("b", true).end())
        .isEqualTo("{\"a\":null,\"b\":true}");
  }
}
