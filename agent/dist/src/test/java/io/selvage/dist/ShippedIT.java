package io.selvage.dist;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The jar as it is shipped, with nothing replaced and no controller: an application starts, runs
 * and ends.
 */
class ShippedIT {
  @TempDir Path folder;

  static Stream<Path> homes() {
    return ChildJvm.homes().stream();
  }

  @ParameterizedTest
  @MethodSource("homes")
  void saysCodedLinesOnlyAndLeavesNoSeamUnwoven(Path home) throws Exception {
    String classes =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"))
            .split(java.io.File.pathSeparator)[0];
    ChildJvm jvm =
        ChildJvm.run(
            home,
            "java",
            Map.of(),
            List.of(
                "-javaagent:" + VariantJar.SHIPPED,
                "-Dselvage.data-dir=" + folder,
                "-cp",
                classes,
                "shop.Main"));
    assertThat(jvm.err().lines())
        .isNotEmpty()
        .allMatch(line -> line.matches("(INFO|WARN) \\[SELV-1\\d{3}] .*"));
    assertThat(jvm.err()).containsPattern("SELV-1000.* seams=\\d+ active, 0 skipped");
    assertThat(jvm.out().lines()).containsExactly("hello bob", "unknown host");
    assertThat(jvm.exit()).isZero();
  }
}
