package io.selvage.controller.cli;

import io.selvage.controller.access.ApiTokens;
import io.selvage.controller.access.Grant;
import io.selvage.controller.access.Role;
import io.selvage.controller.resource.Durations;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** People who may use the API, in the data folder on this machine. */
@Command(
    name = "user",
    description = "Tokens of people who may use the API; on the controller's machine.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {UserCommand.Create.class, UserCommand.Delete.class})
final class UserCommand implements Runnable {
  @CommandLine.Spec CommandLine.Model.@Nullable CommandSpec spec;

  @Override
  public void run() {
    if (spec != null) {
      spec.commandLine().usage(spec.commandLine().getOut());
    }
  }

  private static Path file(@Nullable Path dataDir) {
    return (dataDir == null ? Home.dev() : dataDir.toAbsolutePath()).resolve("api-tokens.json");
  }

  private static CliException unusable(Path file, Exception e) {
    return new CliException(
        "SELV-8081",
        "(--data-dir) " + file + " cannot be used; " + e + ". Fix: name a controller's folder.",
        e);
  }

  /** Makes a token. */
  @Command(
      name = "create",
      description = "Print a new API token; a running controller takes it within seconds.")
  static final class Create extends Verb {
    @Parameters(index = "0", description = "Name in messages and in the audit log.")
    String name = "";

    @Option(names = "--role", required = true, description = "viewer, operator, security or admin.")
    String role = "";

    @Option(
        names = {"-n", "--namespaces"},
        split = ",",
        description = "Where; default: everywhere.")
    List<String> namespaces = List.of();

    @Option(names = "--ttl", description = "Such as 30d, 12h; default: for ever.")
    @Nullable String ttl;

    @Option(names = "--data-dir", description = "The controller's; default ~/.selvage/dev.")
    @Nullable Path dataDir;

    @Override
    public void run() {
      if (!name.matches("[A-Za-z0-9][-A-Za-z0-9_.@]{0,127}")) {
        throw new CliException("SELV-8082", "(NAME) is no user name; found '" + name + "'");
      }
      for (String namespace : namespaces) {
        EnvCommand.requireName("--namespaces", namespace);
      }
      Path file = file(dataDir);
      try {
        Grant grant = new Grant(Role.of(role), new LinkedHashSet<>(namespaces));
        out().println(ApiTokens.issue(file, name, grant, expires()));
      } catch (IllegalArgumentException e) {
        throw new CliException("SELV-8083", "(--role) " + e.getMessage(), e);
      } catch (IOException e) {
        throw unusable(file, e);
      }
    }

    private @Nullable Instant expires() {
      if (ttl == null) {
        return null;
      }
      Duration lifetime =
          ttl.matches("[1-9][0-9]{0,4}d")
              ? Duration.ofDays(Long.parseLong(ttl.substring(0, ttl.length() - 1)))
              : Durations.parse(ttl);
      if (lifetime == null || lifetime.isZero() || lifetime.isNegative()) {
        throw new CliException(
            "SELV-8084", "(--ttl) is no duration; found '" + ttl + "'. Fix: such as 30d or 12h.");
      }
      return Instant.now().plus(lifetime);
    }
  }

  /** Ends all tokens of a name. */
  @Command(name = "delete", description = "End all tokens of a user.")
  static final class Delete extends Verb {
    @Parameters(index = "0", description = "As it was created.")
    String name = "";

    @Option(names = "--data-dir", description = "The controller's; default ~/.selvage/dev.")
    @Nullable Path dataDir;

    @Override
    public void run() {
      Path file = file(dataDir);
      try {
        int ended = ApiTokens.end(file, name);
        if (ended == 0) {
          throw new CliException("SELV-8085", "(NAME) has no token; found '" + name + "'");
        }
        out().println(ended + (ended == 1 ? " token" : " tokens") + " of " + name + " ended");
      } catch (IOException e) {
        throw unusable(file, e);
      }
    }
  }
}
