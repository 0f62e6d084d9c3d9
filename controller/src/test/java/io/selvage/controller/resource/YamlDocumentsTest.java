package io.selvage.controller.resource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.controller.resource.YamlDocuments.MalformedException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class YamlDocumentsTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "no                 | \"no\"",
        "1.2.3.4            | \"1.2.3.4\"",
        "1:20               | \"1:20\"",
        "007                | 7",
        "0x1F               | 31",
        "-3                 | -3",
        "1e3                | 1000.0",
        "true               | true",
        "~                  | ",
        "'10'               | \"10\"",
        "!!str 10           | \"10\"",
        "99999999999999999999 | 99999999999999999999",
        "[1.2.3.4, 2001:db8::] | [\"1.2.3.4\",\"2001:db8::\"]",
        "{a: [x, {b: c}]}   | {\"a\":[\"x\",{\"b\":\"c\"}]}",
      })
  void readsTheCoreSchemaOfYaml12(String yaml, String json) throws MalformedException {
    var documents = YamlDocuments.parse(yaml);
    assertThat(documents.isEmpty() ? null : documents.get(0).toString()).isEqualTo(json);
  }

  @Test
  void readsSeveralDocumentsAndSkipsEmptyOnes() throws MalformedException {
    assertThat(YamlDocuments.parse("---\n---\na: 1\n---\n# nothing\n---\nb: &x [1]\nc: *x\n"))
        .extracting(Object::toString)
        .containsExactly("{\"a\":1}", "{\"b\":[1],\"c\":[1]}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a: 1\na: 2",
        "a: *nothing",
        "a: !!java.net.URL x",
        "a: !local x",
        "\ta: 1",
        "a: [1",
        "? [x]\n: y",
        "a: \u0000",
        "!!int x",
      })
  void refusesWhatIsNoPlainDocument(String yaml) {
    assertThatThrownBy(() -> YamlDocuments.parse(yaml)).isInstanceOf(MalformedException.class);
  }

  @Test
  void refusesDocumentsMadeToHurtQuickly() {
    StringBuilder bomb = new StringBuilder("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
    for (int i = 1; i < 12; i++) {
      bomb.append("a").append(i).append(": &a").append(i).append(" [");
      bomb.append(("*a" + (i - 1) + ",").repeat(9)).append("*a").append(i - 1).append("]\n");
    }
    long start = System.nanoTime();
    assertThatThrownBy(() -> YamlDocuments.parse(bomb.toString()))
        .hasMessageContaining("after aliases are expanded");
    assertThatThrownBy(() -> YamlDocuments.parse("[".repeat(20_000)))
        .hasMessageContaining("nested deeper");
    assertThatThrownBy(() -> YamlDocuments.parse("x".repeat(YamlDocuments.MAX_CHARACTERS + 1)))
        .hasMessageContaining("longer than");
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(20));
  }
}
