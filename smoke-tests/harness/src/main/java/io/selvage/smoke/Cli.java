package io.selvage.smoke;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs a command to its end. */
public final class Cli {
  /** What came of it. */
  public record Result(int exit, String out, String err) {
    public boolean ok() {
      return exit == 0;
    }

    /** Fails with both outputs unless the exit code is 0. */
    public Result orFail(String what) {
      if (exit != 0) {
        throw new IllegalStateException(what + " ended with " + exit + "\n" + out + err);
      }
      return this;
    }

    public String all() {
      return out + err;
    }
  }

  private Cli() {}

  /** {@code bin/selvage} with these arguments. */
  public static Result selvage(Map<String, String> env, String... args) {
    List<String> command = new ArrayList<>(List.of(Checkout.launcher().toString()));
    command.addAll(List.of(args));
    return run(env, null, Duration.ofSeconds(90), command);
  }

  /** Any command; {@code input} is its standard input, null = empty. */
  public static Result run(
      Map<String, String> env, String input, Duration atMost, List<String> command) {
    try {
      Path out = Files.createTempFile("out", ".txt");
      Path err = Files.createTempFile("err", ".txt");
      Path in = Files.createTempFile("in", ".txt");
      Files.writeString(in, input == null ? "" : input);
      ProcessBuilder builder =
          new ProcessBuilder(command)
              .redirectOutput(out.toFile())
              .redirectError(err.toFile())
              .redirectInput(in.toFile());
      builder.environment().remove("JAVA_TOOL_OPTIONS");
      builder.environment().putAll(env);
      Process process = builder.start();
      if (!process.waitFor(atMost.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly();
        throw new IllegalStateException(command + " did not end within " + atMost);
      }
      Result result =
          new Result(
              process.exitValue(),
              Files.readString(out, StandardCharsets.UTF_8),
              Files.readString(err, StandardCharsets.UTF_8));
      Files.delete(out);
      Files.delete(err);
      Files.delete(in);
      return result;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
