package io.selvage.controller.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** A controller on loopback for one machine. */
@Command(
    name = "dev",
    description = "A controller on loopback, with its own store, authority and token.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {DevCommand.Up.class, DevCommand.Down.class})
final class DevCommand implements Runnable {
  /** Holds the process id alone, so that scripts can read it. */
  private static final String PID_FILE = "controller.pid";

  private static final String STARTED_FILE = "controller.started";

  @CommandLine.Spec CommandLine.Model.@Nullable CommandSpec spec;

  @Override
  public void run() {
    if (spec != null) {
      spec.commandLine().usage(spec.commandLine().getOut());
    }
  }

  private static Path folder(@Nullable Path option) {
    return option == null ? Home.dev() : option.toAbsolutePath();
  }

  private static String startOf(ProcessHandle process) {
    return process.info().startInstant().map(i -> Long.toString(i.toEpochMilli())).orElse("");
  }

  private static Optional<ProcessHandle> running(Path folder) {
    try {
      Path file = folder.resolve(PID_FILE);
      if (!Files.exists(file)) {
        return Optional.empty();
      }
      Path startFile = folder.resolve(STARTED_FILE);
      String started = Files.exists(startFile) ? Files.readString(startFile).trim() : "";
      // a pid alone may be somebody else's by now: the start time tells
      return ProcessHandle.of(Long.parseLong(Files.readString(file).trim()))
          .filter(ProcessHandle::isAlive)
          .filter(p -> started.isEmpty() || startOf(p).equals(started));
    } catch (IOException | NumberFormatException e) {
      return Optional.empty();
    }
  }

  /** Starts it. */
  @Command(name = "up", description = "Start it; prints URL and kubeconfig.")
  static final class Up extends Verb implements CommandLine.IExitCodeGenerator {
    @Option(
        names = "--detach",
        description = "Return once it is ready; else stay in the foreground.")
    boolean detach;

    @Option(names = "--data-dir", description = "State; default ~/.selvage/dev.")
    @Nullable Path dataDir;

    @Option(names = "--bind", defaultValue = "127.0.0.1", description = "Address of the ports.")
    String bind = "127.0.0.1";

    @Option(
        names = "--xds-port",
        defaultValue = "15012",
        description = "Configuration and certificates.")
    int xdsPort;

    @Option(names = "--api-port", defaultValue = "15443", description = "API.")
    int apiPort;

    @Option(names = "--metrics-port", defaultValue = "15014", description = "Metrics and health.")
    int metricsPort;

    @Option(
        names = "--trust-domain",
        defaultValue = "cluster.local",
        description = "Of all SPIFFE ids.")
    String trustDomain = "cluster.local";

    private int exitCode;

    @Override
    public int getExitCode() {
      return exitCode;
    }

    @Override
    public void run() {
      Path folder = folder(dataDir);
      Optional<ProcessHandle> already = running(folder);
      if (already.isPresent()) {
        throw new CliException(
            "SELV-8030",
            "a controller already runs on "
                + folder
                + " as process "
                + already.get().pid()
                + ". Fix: 'selvage dev down' first, or another --data-dir.");
      }
      List<String> serve =
          List.of(
              "serve",
              "--dev",
              "--data-dir",
              folder.toString(),
              "--bind",
              bind,
              "--xds-port",
              "" + xdsPort,
              "--api-port",
              "" + apiPort,
              "--metrics-port",
              "" + metricsPort,
              "--trust-domain",
              trustDomain);
      if (!detach) {
        exitCode = SelvageCommand.commandLine().execute(serve.toArray(new String[0]));
        return;
      }
      Process process = spawn(folder, serve);
      Kubeconfig config = awaitReady(folder, process);
      if (json()) {
        printJson(
            ApiClient.JSON
                .createObjectNode()
                .put("url", config.server())
                .put("kubeconfig", folder.resolve("kubeconfig").toString())
                .put("pid", process.pid()));
        return;
      }
      out().println("controller  " + config.server() + "   (process " + process.pid() + ")");
      out().println("kubeconfig  " + folder.resolve("kubeconfig"));
      out().println();
      out().println("next: export KUBECONFIG=" + folder.resolve("kubeconfig"));
      out().println("      eval \"$(selvage env --service NAME --port 8080)\"; java -jar app.jar");
    }

    private Process spawn(Path folder, List<String> serve) {
      List<String> command = new ArrayList<>();
      if (Files.isExecutable(Path.of("/usr/bin/setsid"))) {
        // a session of its own, so that Ctrl-C in this terminal does not reach it
        command.add("/usr/bin/setsid");
      }
      command.add(ProcessHandle.current().info().command().orElse("java"));
      command.addAll(List.of("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
      command.addAll(
          List.of("-cp", System.getProperty("java.class.path"), "io.selvage.controller.Main"));
      command.addAll(serve);
      try {
        Files.createDirectories(folder);
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
        Process process =
            new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null")))
                .redirectOutput(
                    ProcessBuilder.Redirect.appendTo(folder.resolve("controller.log").toFile()))
                .start();
        Files.writeString(folder.resolve(STARTED_FILE), startOf(process.toHandle()) + "\n");
        Files.writeString(folder.resolve(PID_FILE), process.pid() + "\n");
        return process;
      } catch (IOException e) {
        throw new CliException(
            "SELV-8031",
            "(--data-dir) "
                + folder
                + " cannot be used; "
                + e
                + ". Fix: make it writable or name another.",
            e);
      }
    }

    private static Kubeconfig awaitReady(Path folder, Process process) {
      long until = System.nanoTime() + Duration.ofSeconds(60).toNanos();
      while (System.nanoTime() < until) {
        if (!process.isAlive()) {
          throw new CliException(
              "SELV-8032",
              "the controller ended with "
                  + process.exitValue()
                  + "; its last words: "
                  + lastWords(folder)
                  + " Fix: see "
                  + folder.resolve("controller.log")
                  + ".");
        }
        Path file = folder.resolve("kubeconfig");
        if (Files.exists(file)) {
          Kubeconfig config = Kubeconfig.read(file);
          if (new ApiClient(config).answers("/readyz")) {
            return config;
          }
        }
        LockSupport.parkNanos(50_000_000);
      }
      process.destroy();
      throw new CliException(
          "SELV-8033",
          "the controller was not ready within 60 s. Fix: see "
              + folder.resolve("controller.log")
              + ".");
    }

    private static String lastWords(Path folder) {
      try {
        List<String> lines = Files.readAllLines(folder.resolve("controller.log"));
        return String.join(" | ", lines.subList(Math.max(0, lines.size() - 3), lines.size()));
      } catch (IOException e) {
        return "none.";
      }
    }
  }

  /** Stops it. */
  @Command(
      name = "down",
      description = "Stop the controller that 'dev up --detach' started; its state stays.")
  static final class Down extends Verb {
    @Option(names = "--data-dir", description = "State; default ~/.selvage/dev.")
    @Nullable Path dataDir;

    @Override
    public void run() {
      Path folder = folder(dataDir);
      Optional<ProcessHandle> process = running(folder);
      if (process.isEmpty()) {
        out().println("no controller runs on " + folder);
        return;
      }
      process.get().destroy();
      long until = System.nanoTime() + Duration.ofSeconds(10).toNanos();
      while (process.get().isAlive() && System.nanoTime() < until) {
        LockSupport.parkNanos(20_000_000);
      }
      if (process.get().isAlive()) {
        process.get().destroyForcibly();
      }
      try {
        Files.deleteIfExists(folder.resolve(PID_FILE));
        Files.deleteIfExists(folder.resolve(STARTED_FILE));
      } catch (IOException e) {
        throw new CliException(
            "SELV-8034", "stopped, but controller.pid cannot be removed; " + e, e);
      }
      out().println("stopped process " + process.get().pid() + "; state stays in " + folder);
    }
  }
}
