package io.selvage.tooling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.TagFilter;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

/** Runs the other tests of this package on Java 25, in a JVM of its own. */
@Tag("other-jvm")
class OnJava25Test {
  @Test
  void everyTestPasses() throws IOException, InterruptedException {
    Optional<File> java = java25();
    assumeTrue(
        java.isPresent(), "no Java 25 here: set selvage.java25 or JAVA_HOME_25_X64 to its home");
    Process process =
        new ProcessBuilder(
                java.get().getPath(),
                "-XX:+EnableDynamicAgentLoading",
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                Suite.class.getName())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    assertThat(output).contains("passed on Java 25");
  }

  private static Optional<File> java25() {
    String named = System.getProperty("selvage.java25", System.getenv("JAVA_HOME_25_X64"));
    File[] beside = new File(System.getProperty("java.home")).getParentFile().listFiles();
    Stream<File> homes =
        named != null
            ? Stream.of(new File(named))
            : Arrays.stream(beside == null ? new File[0] : beside)
                .filter(f -> f.getName().matches(".*\\b25\\b.*"));
    return homes.map(home -> new File(home, "bin/java")).filter(File::canExecute).findFirst();
  }

  /** Main of the other JVM. */
  static final class Suite {
    private Suite() {}

    public static void main(String[] args) {
      var summary = new SummaryGeneratingListener();
      var request =
          LauncherDiscoveryRequestBuilder.request()
              .selectors(
                  List.of(DiscoverySelectors.selectPackage(OnJava25Test.class.getPackageName())))
              .filters(TagFilter.excludeTags("other-jvm"))
              .build();
      LauncherFactory.create().execute(request, summary);
      summary.getSummary().printFailuresTo(new PrintWriter(System.out, true), 40);
      long passed = summary.getSummary().getTestsSucceededCount();
      System.out.println(passed + " tests passed on Java " + Runtime.version().feature());
      System.exit(summary.getSummary().getTotalFailureCount() == 0 && passed >= 40 ? 0 : 1);
    }
  }
}
