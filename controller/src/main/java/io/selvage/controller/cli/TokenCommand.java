package io.selvage.controller.cli;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Join tokens. */
@Command(
    name = "token",
    description = "Join tokens for workloads.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = TokenCommand.Create.class)
final class TokenCommand implements Runnable {
  @CommandLine.Spec CommandLine.Model.@Nullable CommandSpec spec;

  @Override
  public void run() {
    if (spec != null) {
      spec.commandLine().usage(spec.commandLine().getOut());
    }
  }

  static JsonNode create(
      ApiClient api, String namespace, String account, int uses, int ttlSeconds) {
    return api.post(
        "/selvage/v1/tokens",
        ApiClient.JSON
            .createObjectNode()
            .put("namespace", namespace)
            .put("serviceAccount", account)
            .put("uses", uses)
            .put("ttlSeconds", ttlSeconds));
  }

  /** Makes one. */
  @Command(name = "create", description = "Print a new join token.")
  static final class Create extends Verb {
    @Option(
        names = {"-n", "--namespace"},
        description = "Default: the kubeconfig's.")
    @Nullable String namespace;

    @Option(names = "--service-account", required = true, description = "Whom it makes.")
    String account = "";

    @Option(names = "--uses", defaultValue = "1", description = "How often it may be redeemed.")
    int uses;

    @Option(names = "--ttl", defaultValue = "600", description = "Seconds until it expires.")
    int ttlSeconds;

    @Override
    public void run() {
      ApiClient api = api();
      EnvCommand.requireName("--service-account", account);
      JsonNode made =
          create(
              api,
              namespace == null ? api.config().namespace() : namespace,
              account,
              uses,
              ttlSeconds);
      if (json()) {
        printJson(made);
      } else {
        out().println(made.path("token").asText());
      }
    }
  }
}
