package io.selvage.controller.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Versions of this program and of the controller. */
@Command(name = "version", description = "Version of this program and of the controller.")
final class VersionCommand extends Verb {
  @Option(names = "--client", description = "Only this program's.")
  boolean client;

  @Override
  public void run() {
    ObjectNode node = ApiClient.JSON.createObjectNode();
    node.put("client", own());
    if (!client) {
      try {
        node.put("controller", api().get("/selvage/v1/version").path("version").asText());
      } catch (CliException e) {
        node.put("controller", "none: " + e.getMessage());
      }
    }
    if (json()) {
      printJson(node);
    } else {
      node.fields().forEachRemaining(f -> out().println(f.getKey() + "  " + f.getValue().asText()));
    }
  }

  static String own() {
    String version = VersionCommand.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }
}
