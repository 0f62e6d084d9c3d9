package io.selvage.dist;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Starts a JVM, waits for it, and tells what it printed. */
record ChildJvm(String out, String err, int exit) {

  /**
   * Homes of the Java versions to test on: this one, and Java 25 if {@code selvage.java25},
   * JAVA_HOME_25_X64 or a neighbour of this one has it.
   */
  static List<Path> homes() {
    String named = System.getProperty("selvage.java25", System.getenv("JAVA_HOME_25_X64"));
    var here = new File(System.getProperty("java.home"));
    File[] beside = here.getParentFile().listFiles();
    Stream<File> homes =
        named != null
            ? Stream.of(new File(named))
            : Arrays.stream(beside == null ? new File[0] : beside)
                .filter(f -> f.getName().matches(".*\\b25\\b.*"));
    Optional<File> java25 =
        homes.filter(home -> new File(home, "bin/java").canExecute()).findFirst();
    return java25.map(home -> List.of(here.toPath(), home.toPath())).orElse(List.of(here.toPath()));
  }

  /** Runs a program of that JDK; {@code environment} is added to a clean one. */
  static ChildJvm run(
      Path home, String program, Map<String, String> environment, List<String> arguments)
      throws IOException, InterruptedException {
    var command = new ArrayList<String>();
    command.add(home.resolve("bin").resolve(program).toString());
    command.addAll(arguments);
    var builder = new ProcessBuilder(command);
    builder
        .environment()
        .keySet()
        .removeIf(
            name ->
                name.startsWith("SELVAGE")
                    || name.startsWith("JAVA_TOOL")
                    || name.equals("JDK_JAVA_OPTIONS"));
    builder.environment().putAll(environment);
    Process process = builder.start();
    var err = new StringBuilder();
    var reader = new Thread(() -> err.append(text(process.getErrorStream())));
    reader.start();
    String out = text(process.getInputStream());
    int exit = process.waitFor();
    reader.join();
    return new ChildJvm(out, err.toString(), exit);
  }

  private static String text(java.io.InputStream in) {
    try {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      return e.toString();
    }
  }

  /** What went to stderr, without what the JVM itself says about its options. */
  String ours() {
    return String.join(
        "\n",
        err.lines()
            .filter(line -> !line.startsWith("Picked up ") && !line.startsWith("WARNING: "))
            .toList());
  }
}
