package io.selvage.controller.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The mesh's authority. */
@Command(
    name = "ca",
    description = "The mesh's authority: roots, rotation, revocation lists.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {CaCommand.Status.class, CaCommand.Rotate.class, CaCommand.Lists.class})
final class CaCommand implements Runnable {
  private static final String ROTATION = "/selvage/v1/identity/rotation";

  @CommandLine.Spec CommandLine.Model.@Nullable CommandSpec spec;

  @Override
  public void run() {
    if (spec != null) {
      spec.commandLine().usage(spec.commandLine().getOut());
    }
  }

  /** What both print. */
  abstract static class OfAuthority extends Verb {
    void print(JsonNode answer) {
      if (json()) {
        printJson(answer);
        return;
      }
      out().println("state   " + answer.path("state").asText().replace('_', ' '));
      if (answer.has("oldLeavesUntil")) {
        out()
            .println(
                "certificates under the old root until " + answer.path("oldLeavesUntil").asText());
      }
      for (JsonNode root : answer.path("roots")) {
        out()
            .println(
                "root    "
                    + root.path("pin").asText()
                    + "   until "
                    + root.path("notAfter").asText()
                    + (root.path("signs").asBoolean() ? "   signs" : ""));
      }
      out().println("revocation lists   " + answer.path("revocationLists").asInt());
    }
  }

  /** Shows. */
  @Command(name = "status", description = "Trusted roots and how far a rotation is.")
  static final class Status extends OfAuthority {
    @Override
    public void run() {
      print(api().get(ROTATION));
    }
  }

  /** One step. */
  @Command(
      name = "rotate",
      description = {
        "Replace the root: add (all trust a new root too), sign (certificates come from it), drop",
        "(the old one is trusted no longer). A step out of order or too early is refused."
      })
  static final class Rotate extends OfAuthority {
    @Parameters(paramLabel = "STEP", description = "add, sign, drop; or reload of the folder.")
    String step = "";

    @Option(names = "--force", description = "Do not wait for workloads that are behind.")
    boolean force;

    @Override
    public void run() {
      ObjectNode body = ApiClient.JSON.createObjectNode().put("step", step).put("force", force);
      print(api().post(ROTATION, body));
    }
  }

  /** Lists. */
  @Command(name = "crl", description = "Set or clear the authority's revocation lists (PEM).")
  static final class Lists extends OfAuthority {
    @Parameters(arity = "0..1", paramLabel = "FILE", description = "PEM of lists we signed.")
    @Nullable Path file;

    @Option(names = "--clear", description = "No lists any more.")
    boolean clear;

    @Override
    public void run() {
      if (clear == (file != null)) {
        throw new CliException("SELV-8039", "want FILE or --clear. Fix: selvage ca crl FILE");
      }
      String pem = file == null ? "" : read(file);
      print(
          api()
              .post("/selvage/v1/identity/crl", ApiClient.JSON.createObjectNode().put("pem", pem)));
    }
  }

  static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new CliException(
          "SELV-8038", file + " cannot be read; " + e + ". Fix: give a readable file.", e);
    }
  }
}
