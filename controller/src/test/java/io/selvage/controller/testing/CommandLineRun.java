package io.selvage.controller.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.controller.Main;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A run of the command line in a process of its own. */
public record CommandLineRun(int exit, String out, String err) {

  /** Runs a verb against the controller of a kubeconfig. */
  public static CommandLineRun with(Path kubeconfig, String... arguments) {
    return child(Map.of("KUBECONFIG", kubeconfig.toString()), arguments);
  }

  public static CommandLineRun child(Map<String, String> environment, String... arguments) {
    try {
      Path err = Files.createTempFile("selvage-cli", ".err");
      Path out = Files.createTempFile("selvage-cli", ".out");
      try {
        Process process =
            builder(environment, arguments)
                .redirectError(err.toFile())
                .redirectOutput(out.toFile())
                .start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return new CommandLineRun(
            process.exitValue(), Files.readString(out), Files.readString(err));
      } finally {
        Files.delete(out);
        Files.delete(err);
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  /** Starts a verb that stays; its errors go where the test's go. */
  public static Process start(Map<String, String> environment, String... arguments)
      throws IOException {
    return builder(environment, arguments).redirectError(ProcessBuilder.Redirect.INHERIT).start();
  }

  private static ProcessBuilder builder(Map<String, String> environment, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp"));
    command.add(System.getProperty("java.class.path"));
    command.add(Main.class.getName());
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().remove("JAVA_TOOL_OPTIONS");
    builder.environment().put("LC_ALL", StandardCharsets.UTF_8.name());
    builder.environment().putAll(environment);
    return builder;
  }

  public CommandLineRun ok() {
    assertThat(exit).as(err + out).isZero();
    return this;
  }
}
