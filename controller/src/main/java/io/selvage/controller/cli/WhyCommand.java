package io.selvage.controller.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What would happen to a request, and what decides it; nothing is sent to the application. */
@Command(
    name = "why",
    description =
        "Which listener, route, cluster, endpoint and policy a request from FROM to TO would meet.")
final class WhyCommand extends Verb {
  @Parameters(index = "0", paramLabel = "FROM", description = "Calling service, [NAMESPACE/]NAME.")
  String from = "";

  @Parameters(
      index = "1",
      paramLabel = "TO",
      description = "Host that is called, as the caller writes it.")
  String to = "";

  @Option(
      names = "--port",
      defaultValue = "0",
      description = "Port that is called; default: the service's first.")
  int port;

  @Option(names = "--method", defaultValue = "GET", description = "HTTP method.")
  String method = "GET";

  @Option(names = "--path", defaultValue = "/", description = "Path with query.")
  String path = "/";

  @Option(names = "--header", description = "NAME=VALUE, repeatable.")
  Map<String, String> headers = Map.of();

  @Override
  public void run() {
    if (!path.startsWith("/")) {
      throw new CliException(
          "SELV-8050",
          "(--path) does not start with '/'; found '"
              + path
              + "'. Fix: such as --path /reviews/0.");
    }
    ObjectNode question = ApiClient.JSON.createObjectNode();
    question
        .put("from", from)
        .put("to", to)
        .put("port", port)
        .put("method", method)
        .put("path", path);
    ObjectNode asked = question.putObject("headers");
    headers.forEach((name, value) -> asked.put(name.toLowerCase(java.util.Locale.ROOT), value));
    JsonNode answer = api().post("/selvage/v1/why", question);
    if (json()) {
      printJson(answer);
      return;
    }
    side("outbound, decided in " + from, answer.path("outbound"));
    side("inbound, decided in " + to, answer.path("inbound"));
  }

  private void side(String title, JsonNode side) {
    if (side.isMissingNode() || side.isNull()) {
      return;
    }
    out().println(title);
    side.fields()
        .forEachRemaining(
            field -> {
              JsonNode value = field.getValue();
              boolean empty =
                  value.isNull()
                      || value.isContainerNode() && value.isEmpty()
                      || value.isTextual() && value.asText().isEmpty();
              if (!empty && !field.getKey().equals("id")) {
                out()
                    .printf(
                        "  %-12s %s%n",
                        field.getKey(), value.isTextual() ? value.asText() : value.toString());
              }
            });
    out().flush();
  }
}
