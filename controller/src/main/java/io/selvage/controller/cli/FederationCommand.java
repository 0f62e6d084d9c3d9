package io.selvage.controller.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Other trust domains. */
@Command(
    name = "federation",
    description = "Trust domains of others whose peers are let in.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      FederationCommand.Add.class,
      FederationCommand.Listing.class,
      FederationCommand.Remove.class,
      FederationCommand.Bundle.class
    })
final class FederationCommand implements Runnable {
  private static final String PATH = "/selvage/v1/identity/federation";

  @CommandLine.Spec CommandLine.Model.@Nullable CommandSpec spec;

  @Override
  public void run() {
    if (spec != null) {
      spec.commandLine().usage(spec.commandLine().getOut());
    }
  }

  /** What most print. */
  abstract static class OfDomains extends Verb {
    void print(JsonNode answer) {
      if (json()) {
        printJson(answer);
        return;
      }
      List<List<String>> rows = new ArrayList<>();
      rows.add(List.of("TRUST DOMAIN", "ROOTS", "REFRESHED", "FROM", "ERROR"));
      for (JsonNode each : answer.path("federation")) {
        rows.add(
            List.of(
                each.path("trustDomain").asText(),
                each.path("roots").asText(),
                each.path("refreshed").asText(),
                each.path("url").asText("(static)"),
                each.path("error").asText()));
      }
      if (rows.size() == 1) {
        out().println("no other trust domain is let in");
      } else {
        printRows(rows);
      }
    }
  }

  /** Lets in. */
  @Command(name = "add", description = "Let a trust domain in, by a bundle or where one is.")
  static final class Add extends OfDomains {
    @Parameters(paramLabel = "DOMAIN", description = "Its trust domain.")
    String domain = "";

    @Option(names = "--bundle", description = "File with its SPIFFE bundle (JWK set).")
    @Nullable Path bundle;

    @Option(names = "--url", description = "https address of its bundle; fetched every minute.")
    @Nullable String url;

    @Option(names = "--ca", description = "Authority of that address, PEM.")
    @Nullable Path ca;

    @Option(names = "--token-file", description = "Bearer token for that address.")
    @Nullable Path token;

    @Override
    public void run() {
      if ((bundle == null) == (url == null)) {
        throw new CliException("SELV-8039", "want --bundle or --url. Fix: give one of them.");
      }
      ObjectNode body = ApiClient.JSON.createObjectNode().put("trustDomain", domain);
      if (bundle != null) {
        body.put("bundle", CaCommand.read(bundle));
      } else {
        body.put("url", url);
        body.put("caPem", ca == null ? "" : CaCommand.read(ca));
        body.put("bearer", token == null ? "" : CaCommand.read(token).strip());
      }
      print(api().post(PATH, body));
    }
  }

  /** Shows. */
  @Command(name = "list", description = "Domains that are let in.")
  static final class Listing extends OfDomains {
    @Override
    public void run() {
      print(api().get(PATH));
    }
  }

  /** Shuts out. */
  @Command(name = "remove", description = "Trust a domain no longer.")
  static final class Remove extends OfDomains {
    @Parameters(paramLabel = "DOMAIN", description = "Its trust domain.")
    String domain = "";

    @Override
    public void run() {
      ObjectNode body = ApiClient.JSON.createObjectNode().put("trustDomain", domain);
      print(api().post(PATH, body.put("remove", true)));
    }
  }

  /** Our own. */
  @Command(name = "bundle", description = "Print our own SPIFFE bundle, for other meshes.")
  static final class Bundle extends Verb {
    @Override
    public void run() {
      printJson(api().get("/selvage/v1/identity/bundle"));
    }
  }
}
