package io.selvage.controller.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Server-side apply of files. */
@Command(name = "apply", description = "Create or change what files describe (server-side apply).")
final class ApplyCommand extends Verb {
  @Option(
      names = {"-f", "--filename"},
      required = true,
      description = "File, folder or '-'; repeatable.")
  List<String> files = List.of();

  @Option(
      names = {"-n", "--namespace"},
      description = "For documents that name none.")
  @Nullable String namespace;

  @Option(
      names = "--dry-run",
      description = "Let the controller check everything and change nothing.")
  boolean dryRun;

  @Override
  public void run() {
    ApiClient api = api();
    String in = namespace == null ? api.config().namespace() : namespace;
    List<String> refused = new ArrayList<>();
    for (JsonNode document : Documents.read(files)) {
      String what =
          document.path("kind").asText("?") + " " + document.at("/metadata/name").asText("?");
      try {
        String query =
            "?fieldManager=selvage&force=true&fieldValidation=Strict"
                + (dryRun ? "&dryRun=All" : "");
        JsonNode stored =
            api.patch(
                ResourcePath.of(document, in) + query,
                "application/apply-patch+yaml",
                document.toString());
        if (json()) {
          printJson(stored);
        } else {
          out().println(what + (dryRun ? " would be applied" : " applied"));
        }
      } catch (CliException e) {
        refused.add(what + ": " + e.getMessage());
      }
    }
    if (!refused.isEmpty()) {
      throw new CliException(
          "SELV-8066", refused.size() + " not applied: " + String.join("; ", refused));
    }
  }
}
