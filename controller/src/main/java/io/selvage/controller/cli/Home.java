package io.selvage.controller.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Where the CLI finds things on this machine. */
final class Home {
  private Home() {}

  /** State of {@code dev up}: {@code SELVAGE_DEV_DIR}, or {@code ~/.selvage/dev}. */
  static Path dev() {
    String set = System.getenv("SELVAGE_DEV_DIR");
    return set == null || set.isBlank() ? user().resolve("dev") : Path.of(set).toAbsolutePath();
  }

  /** {@code ~/.selvage}; {@code HOME} wins over the JVM's idea of it. */
  static Path user() {
    String home = System.getenv("HOME");
    return Path.of(home == null || home.isBlank() ? System.getProperty("user.home") : home)
        .resolve(".selvage");
  }

  /** The agent's jar, beside this one or in a checkout. */
  static Path agentJar() {
    String set = System.getenv("SELVAGE_AGENT_JAR");
    if (set != null && !set.isBlank()) {
      return Path.of(set).toAbsolutePath();
    }
    Path own = ownJar();
    for (Path candidate :
        List.of(
            own.resolveSibling("selvage-agent.jar"),
            own.resolveSibling("../../agent/dist/target/selvage-agent.jar").normalize())) {
      if (Files.exists(candidate)) {
        return candidate;
      }
    }
    throw new CliException(
        "SELV-8010",
        "the agent's jar is not there; looked beside "
            + own
            + ". Fix: build it (mvn package) or set SELVAGE_AGENT_JAR.");
  }

  /** The jar (or class folder) that this code runs from. */
  static Path ownJar() {
    try {
      return Path.of(Home.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (java.net.URISyntaxException e) {
      throw new CliException("SELV-8011", "this program does not know where it is installed", e);
    }
  }

  /** The kubeconfig to use: the option, {@code KUBECONFIG}, the dev controller's, kubectl's own. */
  static Path kubeconfig(@Nullable String option) {
    if (option != null) {
      return Path.of(option);
    }
    String set = System.getenv("KUBECONFIG");
    if (set != null && !set.isBlank()) {
      return Path.of(set.split(java.io.File.pathSeparator)[0]);
    }
    Path dev = dev().resolve("kubeconfig");
    if (Files.exists(dev)) {
      return dev;
    }
    throw new CliException(
        "SELV-8012",
        "no controller is known: neither --kubeconfig nor KUBECONFIG is set and "
            + dev
            + " does not exist. Fix: run 'selvage dev up', or name a kubeconfig.");
  }
}
