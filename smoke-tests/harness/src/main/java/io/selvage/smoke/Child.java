package io.selvage.smoke;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;

/** A child process with its output in a file. Closed = terminated, forcibly after 10 s. */
public final class Child implements AutoCloseable {
  private final String name;
  private final Process process;
  private final Path log;
  private final ProcessBuilder recipe;

  private Child(String name, ProcessBuilder recipe, Path log) throws IOException {
    this.name = name;
    this.recipe = recipe;
    this.log = log;
    this.process = recipe.start();
  }

  /** The same command in the same environment once more; its output follows in the same log. */
  public Child again() {
    try {
      return new Child(name, recipe, log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Starts a command; its environment is the parent's with {@code env} on top ({@code ""} removes a
   * variable).
   */
  public static Child start(
      String name, Path folder, Map<String, String> env, List<String> command) {
    try {
      Files.createDirectories(folder);
      Path log = folder.resolve(name + ".log");
      ProcessBuilder builder =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
      builder.environment().remove("JAVA_TOOL_OPTIONS");
      env.forEach(
          (k, v) -> {
            if (v.isEmpty()) {
              builder.environment().remove(k);
            } else {
              builder.environment().put(k, v);
            }
          });
      return new Child(name, builder, log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public String name() {
    return name;
  }

  public long pid() {
    return process.pid();
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  /** All that it has written so far. */
  public String log() {
    try {
      return Files.exists(log)
          ? Files.readString(log, java.nio.charset.StandardCharsets.ISO_8859_1)
          : "";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public Path logFile() {
    return log;
  }

  /** Waits until the log has a match. */
  public Child awaitLog(String regex, Duration atMost) {
    Pattern pattern = Pattern.compile(regex);
    await(name + " to write /" + regex + "/", atMost, () -> pattern.matcher(log()).find());
    return this;
  }

  /** Waits for something while this child must stay alive. */
  public void await(String what, Duration atMost, BooleanSupplier until) {
    Waiting.until(
        what,
        atMost,
        () -> {
          if (!process.isAlive() && !until.getAsBoolean()) {
            throw new IllegalStateException(
                name + " ended with " + process.exitValue() + " before: " + what + "\n" + tail());
          }
          return until.getAsBoolean();
        });
  }

  /** The end of the log, for messages. */
  public String tail() {
    String all = log();
    return all.length() < 4000 ? all : "…" + all.substring(all.length() - 4000);
  }

  /** SIGKILL. */
  public void kill() {
    process.destroyForcibly();
    waitFor(Duration.ofSeconds(10));
  }

  /** True when it has ended in time. */
  public boolean waitFor(Duration atMost) {
    try {
      return process.waitFor(atMost.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  public int exitValue() {
    return process.exitValue();
  }

  @Override
  public void close() {
    process.destroy();
    if (!waitFor(Duration.ofSeconds(10))) {
      kill();
    }
  }
}
