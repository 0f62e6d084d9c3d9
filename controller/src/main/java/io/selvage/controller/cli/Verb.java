package io.selvage.controller.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.common.FlowStyle;
import org.snakeyaml.engine.v2.schema.CoreSchema;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** What most verbs share: which controller, and in which form the answer is printed. */
abstract class Verb implements Runnable {
  /** Forms of output. */
  enum Output {
    TABLE,
    WIDE,
    JSON,
    YAML,
    NAME
  }

  @Option(
      names = "--kubeconfig",
      description = "Which controller; default KUBECONFIG, then the dev controller's.")
  @Nullable String kubeconfig;

  @Option(
      names = {"-o", "--output"},
      defaultValue = "TABLE",
      description = "${COMPLETION-CANDIDATES}; default table.")
  Output output = Output.TABLE;

  @CommandLine.Spec CommandLine.Model.@Nullable CommandSpec spec;

  ApiClient api() {
    return new ApiClient(Kubeconfig.read(Home.kubeconfig(kubeconfig)));
  }

  PrintWriter out() {
    return spec == null ? new PrintWriter(System.out, true) : spec.commandLine().getOut();
  }

  boolean json() {
    return output == Output.JSON;
  }

  void printJson(JsonNode node) {
    try {
      out().println(ApiClient.JSON.writerWithDefaultPrettyPrinter().writeValueAsString(node));
    } catch (JsonProcessingException e) {
      throw new CliException("SELV-8022", "cannot print the answer", e);
    }
  }

  /** Block style, in the order of the document; what looks like another type is quoted. */
  void printYaml(JsonNode node) {
    DumpSettings settings =
        DumpSettings.builder()
            .setDefaultFlowStyle(FlowStyle.BLOCK)
            .setIndicatorIndent(0)
            .setWidth(120)
            // "True" and "0x1" are no text to our own reader and to kubectl's
            .setSchema(new CoreSchema())
            .build();
    Object plain = ApiClient.JSON.convertValue(node, Object.class);
    out().print(new Dump(settings).dumpToString(plain));
    out().flush();
  }

  /** Prints aligned columns; the first row is the heading. */
  void printRows(List<List<String>> rows) {
    List<Integer> widths = new ArrayList<>();
    for (List<String> row : rows) {
      for (int i = 0; i < row.size(); i++) {
        int width = row.get(i).length();
        if (i == widths.size()) {
          widths.add(width);
        } else {
          widths.set(i, Math.max(widths.get(i), width));
        }
      }
    }
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < row.size(); i++) {
        line.append(row.get(i));
        if (i < row.size() - 1) {
          line.append(" ".repeat(widths.get(i) - row.get(i).length() + 3));
        }
      }
      out().println(line);
    }
    out().flush();
  }
}
