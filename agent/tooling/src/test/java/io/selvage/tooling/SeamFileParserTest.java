package io.selvage.tooling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SeamFileParserTest {
  private static final String HEAD = "instrumentation a\npackage p.\nlibrary g:x lib.\n";

  @Test
  void readsEveryKeyword() {
    var file =
        SeamFileParser.parse(
                """
                # a comment
                instrumentation okhttp   # its name
                package io.selvage.instrumentation.okhttp.
                library com.squareup.okhttp3:okhttp okhttp3.
                library com.squareup.okio:okio okio.
                relocatable okhttp3.
                seam okhttp3.OkHttpClient$Builder#build()     io.selvage.instrumentation.okhttp.BuilderAdvice
                seam okhttp3.X#<init>(io.Y, *)  io.selvage.instrumentation.okhttp.Z  security=refuse optional
                define okhttp3.internal.Inside
                needs okhttp3
                """,
                "test")
            .get(0);
    assertThat(file.name()).isEqualTo("okhttp");
    assertThat(file.library())
        .isEqualTo(new SeamFile.Library("com.squareup.okhttp3:okhttp", "okhttp3."));
    assertThat(file.libraries()).hasSize(2);
    assertThat(file.seams())
        .extracting(Seam::toString)
        .containsExactly("okhttp3.OkHttpClient$Builder#build()", "okhttp3.X#<init>(io.Y,*)");
    assertThat(file.seams()).extracting(Seam::security).containsExactly(false, true);
    assertThat(file.seams()).extracting(Seam::optional).containsExactly(false, true);
    assertThat(file.inside()).containsExactly("okhttp3.internal.Inside");
    assertThat(file.needs()).containsExactly("okhttp3");
  }

  @Test
  void readsSeveralInOneText() {
    assertThat(
            SeamFileParser.parse(
                HEAD + HEAD.replace("instrumentation a", "instrumentation b"), "test"))
        .extracting(SeamFile::name)
        .containsExactly("a", "b");
    assertThat(SeamFileParser.parse("", "test")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "seam lib.X#m other.Advice|is not in the instrumentation's package",
        "seam lib.X p.Advice|has no CLASS#METHOD",
        "seam lib.X#m(a p.Advice|is not closed",
        "seam lib.X#m(a,,b) p.Advice|empty parameter type",
        "seam lib.X#m(*,b) p.Advice|'*' that is not the last",
        "seam lib.X#<clinit> p.Advice|not a method that can be woven",
        "seam lib.X#m p.Advice secure|is no mark of a seam",
        "library jdk|cannot be read",
        "relocatable lib|does not end with a dot",
        "saem lib.X#m p.Advice|is no keyword",
        "define a b|is not a class name",
      })
  void namesLineReasonAndFix(String line, String reason) {
    assertThatThrownBy(() -> SeamFileParser.parse(HEAD + line, "bad.seams"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("[SELV-2001]", "bad.seams line 4", reason, "Fix: ");
  }

  /** Switching off the seam that gives TLS must not leave its users in the clear. */
  @Test
  void whatMustNotBeAloneGoesToo() {
    List<SeamFile> all =
        SeamFileParser.parse(
            """
            instrumentation floor
            package a.
            library jdk -
            instrumentation client
            package b.
            library jdk -
            with floor
            instrumentation other
            package c.
            library jdk -
            """,
            "test");
    List<String> dragged = new ArrayList<>();
    assertThat(
            SeamFile.left(
                all, name -> !name.equals("floor"), (name, off) -> dragged.add(name + "<" + off)))
        .extracting(SeamFile::name)
        .containsExactly("other");
    assertThat(dragged).containsExactly("client<floor");
    assertThat(SeamFile.left(all, name -> !name.equals("client"), (name, off) -> dragged.add(name)))
        .extracting(SeamFile::name)
        .containsExactly("floor", "other");
    assertThat(dragged).hasSize(1);
  }

  @Test
  void refusesAnIncompleteDeclaration() {
    assertThatThrownBy(() -> SeamFileParser.parse("seam a.B#c p.D", "t"))
        .hasMessageContaining("before any 'instrumentation NAME'");
    assertThatThrownBy(() -> SeamFileParser.parse("instrumentation a", "t"))
        .hasMessageContaining("has no package");
    assertThatThrownBy(() -> SeamFileParser.parse("instrumentation a\npackage p.", "t"))
        .hasMessageContaining("has no library");
  }
}
