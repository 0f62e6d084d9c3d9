package io.selvage.controller.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;

/** Agents and how they are. */
@Command(name = "status", description = "Connected agents: sync state, certificate, seams, mode.")
final class StatusCommand extends Verb {
  @Override
  public void run() {
    JsonNode agents = api().get("/selvage/v1/agents");
    if (json()) {
      printJson(agents);
      return;
    }
    List<List<String>> rows = new ArrayList<>();
    rows.add(
        List.of(
            "WORKLOAD",
            "VERSION",
            "AGENT",
            "STATE",
            "READY",
            "CERTIFICATE",
            "SEAMS",
            "MODE",
            "UNPROTECTED",
            "ADDRESS"));
    for (JsonNode agent : agents.path("agents")) {
      rows.add(row(agent));
    }
    if (rows.size() == 1) {
      out().println("no agent is connected");
      return;
    }
    printRows(rows);
    for (JsonNode agent : agents.path("agents")) {
      for (JsonNode nack : agent.path("nacks")) {
        out()
            .println(
                "NACK of "
                    + name(agent)
                    + ": "
                    + (nack.isTextual() ? nack.asText() : nack.toString()));
      }
      for (JsonNode seam : agent.path("seams")) {
        if (seam.path("state").asText().matches("failed|refused")) {
          out()
              .println(
                  "not woven in "
                      + name(agent)
                      + ": "
                      + seam.path("instrumentation").asText()
                      + " "
                      + seam.path("version").asText()
                      + ": "
                      + seam.path("reason").asText());
        }
      }
    }
  }

  private static String name(JsonNode agent) {
    return agent.path("namespace").asText()
        + "/"
        + agent.path("service").asText(agent.path("workload").asText());
  }

  private static List<String> row(JsonNode agent) {
    return List.of(
        name(agent),
        dash(agent.path("version").asText()),
        dash(agent.path("agent").asText()),
        agent.path("state").asText(),
        agent.path("ready").asBoolean() ? "yes" : "no",
        expiry(agent.at("/certificate/notAfter").asText()),
        seams(agent.path("seams")),
        dash(agent.path("mode").asText()),
        agent.path("unprotected").isEmpty() ? "-" : agent.path("unprotected").toString(),
        dash(agent.path("address").asText()));
  }

  private static String dash(String text) {
    return text.isEmpty() ? "-" : text;
  }

  private static String expiry(String notAfter) {
    try {
      Duration left = Duration.between(Instant.now(), Instant.parse(notAfter));
      if (left.isNegative()) {
        return "EXPIRED";
      }
      return left.toHours() > 0
          ? left.toHours() + "h" + left.toMinutesPart() + "m"
          : left.toMinutes() + "m" + left.toSecondsPart() + "s";
    } catch (DateTimeParseException e) {
      return "none";
    }
  }

  private static String seams(JsonNode seams) {
    int good = 0;
    int bad = 0;
    for (JsonNode seam : seams) {
      if (seam.path("state").asText().matches("woven|linked")) {
        good++;
      } else {
        bad++;
      }
    }
    return good + " woven" + (bad > 0 ? ", " + bad + " NOT" : "");
  }
}
