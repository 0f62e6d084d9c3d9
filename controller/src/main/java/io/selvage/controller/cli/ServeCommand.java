package io.selvage.controller.cli;

import io.selvage.controller.ControllerServer;
import io.selvage.controller.ControllerSettings;
import io.selvage.controller.resource.Durations;
import io.selvage.controller.store.StoreException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Runs a controller in this process until it is told to stop. */
@Command(
    name = "serve",
    description = {
      "Run a controller in the foreground.",
      "Every option may also come from SELVAGE_CONTROLLER_NAME, such as SELVAGE_CONTROLLER_DATA_DIR."
    },
    defaultValueProvider = ServeCommand.Environment.class)
final class ServeCommand implements Runnable {
  @Option(
      names = "--data-dir",
      required = true,
      description = "Everything it keeps; made with mode 0700.")
  Path dataDir = Path.of("data");

  @Option(
      names = "--ca-dir",
      description = "Root and intermediate; default <data-dir>/mesh/ca. Mode 0700.")
  @Nullable Path caDir;

  @Option(
      names = "--ca-passphrase-file",
      description =
          "Passphrase of the keys in --ca-dir; mode 0600. Default: the folder's name and"
              + " -passphrase, beside it.")
  @Nullable Path caPassphrase;

  @Option(names = "--bind", defaultValue = "127.0.0.1", description = "Address of API and xDS.")
  String bind = "127.0.0.1";

  @Option(names = "--xds-port", defaultValue = "15012", description = "xDS and certificates.")
  int xdsPort;

  @Option(names = "--api-port", defaultValue = "15443", description = "API.")
  int apiPort;

  @Option(
      names = "--metrics-bind",
      defaultValue = "127.0.0.1",
      description = "Address of metrics and health (plain HTTP).")
  String metricsBind = "127.0.0.1";

  @Option(
      names = "--metrics-port",
      defaultValue = "15014",
      description = "Metrics and health; -1 for none.")
  int metricsPort;

  @Option(
      names = "--trust-domain",
      defaultValue = "cluster.local",
      description = "Of all SPIFFE ids.")
  String trustDomain = "cluster.local";

  @Option(
      names = "--leaf-lifetime",
      defaultValue = "1h",
      description = "Of a workload's certificate that asks for none; at least 30s.")
  String leafLifetime = "1h";

  @Option(
      names = "--max-leaf-lifetime",
      defaultValue = "24h",
      description = "The longest that a workload gets.")
  String maxLeafLifetime = "24h";

  @Option(
      names = "--advertise",
      split = ",",
      description = "Names or addresses under which clients reach it; the first is told to agents.")
  List<String> advertised = List.of();

  @Option(
      names = "--existing-authority",
      description =
          "Refuse to start without root-cert.pem, ca-cert.pem and ca-key.pem in --ca-dir.")
  boolean existingAuthority;

  @CommandLine.Mixin OidcOptions oidc = new OidcOptions();

  @CommandLine.Mixin UpstreamOptions upstream = new UpstreamOptions();

  @CommandLine.Mixin AttestationOptions attestation = new AttestationOptions();

  @Option(names = "--dev", hidden = true, description = "Started by 'dev up'.")
  boolean dev;

  @CommandLine.Spec CommandLine.Model.@Nullable CommandSpec spec;

  @Override
  public void run() {
    long started = System.nanoTime();
    ControllerSettings settings = settings();
    ControllerServer server;
    try {
      server = ControllerServer.start(settings);
    } catch (StoreException e) {
      throw new CliException(e.code(), String.valueOf(e.getMessage()), e);
    }
    CountDownLatch stopped = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  server.close();
                  stopped.countDown();
                },
                "selvage-stop"));
    PrintWriter out =
        spec == null ? new PrintWriter(System.out, true) : spec.commandLine().getOut();
    long millis = Duration.ofNanos(System.nanoTime() - started).toMillis();
    out.println("controller  " + server.apiUrl() + "   (ready in " + millis + " ms)");
    out.println("xds         " + server.controlAddress());
    out.println("kubeconfig  " + server.kubeconfig());
    out.flush();
    try {
      stopped.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      server.close();
    }
  }

  private ControllerSettings settings() {
    for (int port : new int[] {xdsPort, apiPort, Math.max(0, metricsPort)}) {
      if (port < 0 || port > 65535) {
        throw new CliException("SELV-8035", "a port must be 0 to 65535; found " + port);
      }
    }
    if (!trustDomain.matches("[a-z0-9]([-a-z0-9._]{0,251}[a-z0-9])?")) {
      throw new CliException(
          "SELV-8036",
          "(--trust-domain) is not a trust domain; found '"
              + trustDomain
              + "'. Fix: lower-case letters, digits, '-', '_' and '.'.");
    }
    Duration leaf = duration("--leaf-lifetime", leafLifetime);
    Duration most = duration("--max-leaf-lifetime", maxLeafLifetime);
    if (leaf.compareTo(Duration.ofSeconds(30)) < 0 || most.compareTo(leaf) < 0) {
      throw new CliException(
          "SELV-8037",
          "certificate lifetimes must be 30s <= --leaf-lifetime <= --max-leaf-lifetime; found "
              + leafLifetime
              + " and "
              + maxLeafLifetime);
    }
    Path data = dataDir.toAbsolutePath().normalize();
    return new ControllerSettings(
        data,
        ControllerSettings.authority(data, caDir, caPassphrase),
        bind,
        xdsPort,
        apiPort,
        metricsBind,
        metricsPort,
        trustDomain,
        leaf,
        most,
        advertised,
        !existingAuthority,
        oidc.settings(),
        attestation.files(),
        upstream.files());
  }

  private static Duration duration(String option, String text) {
    Duration parsed = Durations.parse(text);
    if (parsed == null) {
      throw new CliException(
          "SELV-8037",
          "(" + option + ") is no duration; found '" + text + "'. Fix: such as 1h or 90s.");
    }
    return parsed;
  }

  /** Takes an option that the command line leaves out from the environment. */
  static final class Environment implements CommandLine.IDefaultValueProvider {
    @Override
    public @Nullable String defaultValue(CommandLine.Model.ArgSpec argument) {
      if (argument instanceof CommandLine.Model.OptionSpec option) {
        return System.getenv(variable(option.longestName()));
      }
      return null;
    }

    static String variable(String option) {
      String name = option.replaceFirst("^-+", "").replace('-', '_');
      return "SELVAGE_CONTROLLER_" + name.toUpperCase(java.util.Locale.ROOT);
    }
  }
}
