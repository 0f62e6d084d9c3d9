package io.selvage.controller.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Who is let in no longer. */
@Command(
    name = "revoke",
    description = {
      "Refuse an identity or a certificate in the whole mesh, open connections too.",
      "WHAT is a SPIFFE id or a certificate's serial number ('selvage status -o json')."
    })
final class RevokeCommand extends Verb {
  private static final String PATH = "/selvage/v1/identity/revocations";

  @Parameters(arity = "0..1", paramLabel = "WHAT", description = "SPIFFE id or serial number.")
  @Nullable String what;

  @Option(names = "--reason", defaultValue = "", description = "For those who ask later.")
  String reason = "";

  @Option(names = "--lift", description = "Accept it again.")
  boolean lift;

  @Option(names = "--list", description = "Only show what is revoked.")
  boolean list;

  @Override
  public void run() {
    if (list == (what != null)) {
      throw new CliException(
          "SELV-8039", "want WHAT or --list. Fix: selvage revoke spiffe://… --reason …");
    }
    JsonNode answer;
    if (what == null) {
      answer = api().get(PATH);
    } else {
      ObjectNode body = ApiClient.JSON.createObjectNode();
      body.put(what.startsWith("spiffe:") ? "spiffeId" : "serial", what);
      answer = api().post(PATH, body.put("reason", reason).put("lift", lift));
    }
    if (json()) {
      printJson(answer);
      return;
    }
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("REVOKED", "SINCE", "BY", "UNTIL", "REASON"));
    for (JsonNode each : answer.path("revocations")) {
      rows.add(
          List.of(
              each.path("spiffeId").asText(each.path("serial").asText()),
              each.path("since").asText(),
              each.path("by").asText(),
              each.path("until").asText("-"),
              each.path("reason").asText()));
    }
    if (rows.size() == 1) {
      out().println("nobody is revoked");
    } else {
      printRows(rows);
    }
  }
}
