package io.selvage.controller.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Who would break if STRICT were switched on: callers that agents have seen without an identity of
 * the mesh. Ends with 1 when there is any.
 */
@Command(
    name = "plaintext",
    description =
        "Who still calls without mutual TLS, from live traffic: whom mode STRICT would refuse. Ends with 1 if there is any.")
final class PlaintextCommand extends Verb implements CommandLine.IExitCodeGenerator {
  @Option(
      names = {"-n", "--namespace"},
      description = "Of the workloads that are called; default all.")
  @Nullable String namespace;

  private int exitCode;

  @Override
  public int getExitCode() {
    return exitCode;
  }

  @Override
  public void run() {
    JsonNode agents = api().get("/selvage/v1/agents").path("agents");
    ArrayNode found = callers(agents, namespace);
    exitCode = found.isEmpty() ? 0 : 1;
    if (json()) {
      printJson(ApiClient.JSON.createObjectNode().set("callers", found));
      return;
    }
    if (found.isEmpty()) {
      out().println("nobody was seen calling without mutual TLS; STRICT would refuse none of them");
      out().flush();
      return;
    }
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("WORKLOAD", "PORT", "MODE", "CALLER", "OVER", "REQUESTS", "LAST"));
    for (JsonNode each : found) {
      rows.add(
          List.of(
              each.path("workload").asText(),
              each.path("port").asText(),
              each.path("mode").asText(),
              each.path("caller").asText(),
              each.path("over").asText(),
              each.path("requests").asText(),
              each.path("last").asText()));
    }
    printRows(rows);
  }

  /** What agents report, with the names of callers whose address is a workload's. */
  static ArrayNode callers(JsonNode agents, @Nullable String namespace) {
    ArrayNode found = ApiClient.JSON.createArrayNode();
    for (JsonNode agent : agents) {
      if (namespace != null && !namespace.equals(agent.path("namespace").asText())) {
        continue;
      }
      for (JsonNode seen : agent.path("plaintext")) {
        // a number of the report is a double: 9080.0
        String port = String.valueOf(seen.path("port").asInt());
        ObjectNode row = found.addObject();
        row.put(
            "workload",
            agent.path("namespace").asText()
                + "/"
                + agent.path("service").asText(agent.path("workload").asText()));
        row.put("version", agent.path("version").asText());
        row.put("port", seen.path("port").asInt());
        row.put("mode", agent.path("modes").path(port).asText("-"));
        row.put("caller", caller(agents, seen.path("address").asText()));
        row.put("over", seen.path("tls").asBoolean() ? "TLS without identity" : "plaintext");
        row.put("requests", seen.path("requests").asLong());
        row.put("last", seen.path("last").asText());
      }
    }
    return found;
  }

  private static String caller(JsonNode agents, String address) {
    TreeSet<String> names = new TreeSet<>();
    for (JsonNode agent : agents) {
      if (agent.path("address").asText().equals(address)) {
        names.add(agent.path("namespace").asText() + "/" + agent.path("workload").asText());
      }
    }
    if (names.isEmpty()) {
      return address + " (outside the mesh)";
    }
    // several workloads of one machine share its address, and others may run beside them
    return address + (names.size() == 1 ? " (" + names.first() + ")" : " (one of " + names + ")");
  }
}
