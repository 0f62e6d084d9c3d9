package io.selvage.engine.balancing;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Published vectors; the short ones are those of Envoy's own test of its hash. */
class XxHash64Test {
  @ParameterizedTest
  @CsvSource({
    "foo, 3728699739546630719",
    "bar, 5234164152756840025",
    "foo_bar, 8917841378505826757",
    "lyft, 4400747396090729504",
    "'', 17241709254077376921",
    "vrl xxhash hash function, 7826295616420964813"
  })
  void knownVectors(String text, String hash) {
    assertThat(Long.toUnsignedString(XxHash64.of(text.replace('_', '\n')))).isEqualTo(hash);
  }

  @Test
  void longInputsGoThroughTheLanes() {
    byte[] data = new byte[100];
    for (int i = 0; i < data.length; i++) {
      data[i] = (byte) i;
    }
    assertThat(XxHash64.of(data, 0)).isEqualTo(0x6ac1e58032166597L);
  }
}
