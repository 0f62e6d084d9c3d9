package io.selvage.controller.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.selvage.controller.resource.YamlDocuments;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** What a code means and what to do. */
@Command(name = "explain", description = "What a code such as SELV-4104 means, and what to do.")
final class ExplainCommand extends Verb {
  @Parameters(index = "0", paramLabel = "CODE")
  String code = "";

  @Override
  public void run() {
    String wanted = code.toUpperCase(Locale.ROOT);
    JsonNode found = find(wanted);
    if (found == null) {
      throw new CliException(
          "SELV-8070", "no such code; found '" + code + "'. Fix: codes look like SELV-1234.");
    }
    if (json()) {
      printJson(found);
      return;
    }
    out().println(wanted + ": " + found.path("text").asText());
    out().println("from: " + found.path("from").asText());
  }

  private static @Nullable JsonNode find(String wanted) {
    try (InputStream in =
        ExplainCommand.class.getResourceAsStream("/io/selvage/controller/codes.yaml")) {
      if (in == null) {
        throw new CliException(
            "SELV-8071", "the catalogue of codes is not in this jar. Fix: build it again.");
      }
      for (JsonNode entry :
          YamlDocuments.parse(new String(in.readAllBytes(), StandardCharsets.UTF_8)).get(0)) {
        if (entry.path("code").asText().equals(wanted)) {
          return entry;
        }
      }
      return null;
    } catch (IOException | YamlDocuments.MalformedException e) {
      throw new CliException("SELV-8071", "the catalogue of codes cannot be read; " + e, e);
    }
  }
}
