package io.selvage.instrumentation.testing;

import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Assumptions;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

/**
 * Runs test classes a second time, on Java 25 in a JVM of their own: weaving depends on the JDK's
 * classes, which differ between releases.
 *
 * <p>Java 25 is where the property {@code selvage.java25} or the variable {@code JAVA_HOME_25_X64}
 * says, or beside the running JDK; without one the test is skipped.
 */
public final class Java25 {
  private Java25() {}

  /** Fails with the child's output unless at least that many tests pass and none fails. */
  public static void passes(int atLeast, Class<?>... tests) {
    Optional<File> java = java();
    Assumptions.assumeTrue(
        java.isPresent(), "no Java 25 here: set selvage.java25 or JAVA_HOME_25_X64 to its home");
    List<String> command = new ArrayList<>();
    command.addAll(
        List.of(
            java.orElseThrow().getPath(),
            "-XX:+EnableDynamicAgentLoading",
            "-Xmx512m",
            "-cp",
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
            Java25.class.getName(),
            String.valueOf(atLeast)));
    Arrays.stream(tests).map(Class::getName).forEach(command::add);
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      process.getOutputStream().close();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      Assertions.assertThat(process.waitFor()).as(output).isZero();
      Assertions.assertThat(output).contains("tests passed on Java 25");
    } catch (IOException failed) {
      throw new IllegalStateException(failed);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(interrupted);
    }
  }

  private static Optional<File> java() {
    String named = System.getProperty("selvage.java25", System.getenv("JAVA_HOME_25_X64"));
    File[] beside = new File(System.getProperty("java.home")).getParentFile().listFiles();
    Stream<File> homes =
        named != null
            ? Stream.of(new File(named))
            : Arrays.stream(beside == null ? new File[0] : beside)
                .filter(file -> file.getName().matches(".*\\b25\\b.*"));
    return homes.map(home -> new File(home, "bin/java")).filter(File::canExecute).findFirst();
  }

  /** Main of the other JVM: the least number of tests, and the classes. */
  public static void main(String[] args) {
    SummaryGeneratingListener summary = new SummaryGeneratingListener();
    LauncherDiscoveryRequestBuilder request = LauncherDiscoveryRequestBuilder.request();
    for (int i = 1; i < args.length; i++) {
      request.selectors(DiscoverySelectors.selectClass(args[i]));
    }
    LauncherFactory.create().execute(request.build(), summary);
    summary
        .getSummary()
        .printFailuresTo(new PrintWriter(System.out, true, StandardCharsets.UTF_8), 40);
    long passed = summary.getSummary().getTestsSucceededCount();
    System.out.println(passed + " tests passed on Java " + Runtime.version().feature());
    boolean enough = passed >= Long.parseLong(args[0]);
    System.exit(summary.getSummary().getTotalFailureCount() == 0 && enough ? 0 : 1);
  }
}
