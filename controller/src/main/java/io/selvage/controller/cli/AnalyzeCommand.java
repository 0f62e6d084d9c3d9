package io.selvage.controller.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selvage.controller.analysis.Analysis;
import io.selvage.controller.analysis.Document;
import io.selvage.controller.analysis.Finding;
import io.selvage.controller.resource.Kind;
import io.selvage.controller.resource.Kinds;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * Says what is wrong with files, with what a controller holds, or with both together. Exit codes as
 * istioctl's: 0 nothing at the threshold, 79 something, 1 failed.
 */
@Command(
    name = "analyze",
    description = "Say what is wrong with files, or with what the controller holds.")
final class AnalyzeCommand extends Verb implements CommandLine.IExitCodeGenerator {
  private static final int FOUND = 79;

  @Parameters(arity = "0..*", paramLabel = "FILE", description = "File, folder or '-'.")
  List<String> files = List.of();

  @Option(
      names = {"-f", "--filename"},
      description = "As FILE; repeatable.")
  List<String> more = List.of();

  @Option(
      names = "--live",
      description = "Look at what the controller holds too; without files, that alone.")
  boolean live;

  @Option(
      names = {"-n", "--namespace"},
      description = "Only findings of this namespace, and of kinds without one.")
  @Nullable String namespace;

  @Option(
      names = {"-A", "--all-namespaces"},
      description = "Findings of every namespace; the default.")
  boolean everywhere;

  @Option(
      names = "--failure-threshold",
      defaultValue = "ERROR",
      description = "${COMPLETION-CANDIDATES}: from which level on the exit code is 79.")
  Finding.Level failureThreshold = Finding.Level.ERROR;

  @Option(
      names = "--output-threshold",
      defaultValue = "INFO",
      description = "${COMPLETION-CANDIDATES}: from which level on findings are printed.")
  Finding.Level outputThreshold = Finding.Level.INFO;

  @Option(
      names = {"-S", "--suppress"},
      description = "CODE=ORIGIN; * stands for any text, such as 'SELV-7340=Sidecar shop/*'.")
  List<String> suppressed = List.of();

  private boolean found;

  @Override
  public int getExitCode() {
    return found ? FOUND : 0;
  }

  @Override
  public void run() {
    List<Document> documents = documents();
    String in = namespace == null ? "default" : namespace;
    List<Finding> said =
        Analysis.of(documents, in).stream()
            .filter(f -> suppressed.stream().noneMatch(s -> covers(s, f)))
            .filter(f -> everywhere || isIn(f))
            .toList();
    found = said.stream().anyMatch(f -> f.level().compareTo(failureThreshold) >= 0);
    List<Finding> shown =
        said.stream().filter(f -> f.level().compareTo(outputThreshold) >= 0).toList();
    switch (output) {
      case JSON -> printJson(json(shown));
      case YAML -> printYaml(json(shown));
      default -> {
        shown.forEach(f -> out().println(f.text()));
        if (shown.isEmpty()) {
          out().println("nothing found in " + documents.size() + " documents");
        }
      }
    }
  }

  private boolean isIn(Finding finding) {
    int slash = finding.origin().indexOf('/');
    return namespace == null
        || slash < 0
        || finding.origin().substring(finding.origin().indexOf(' ') + 1, slash).equals(namespace);
  }

  private static boolean covers(String suppression, Finding finding) {
    int at = suppression.indexOf('=');
    if (at < 0) {
      throw new CliException(
          "SELV-8090",
          "(--suppress) must be CODE=ORIGIN; found '"
              + suppression
              + "'. Fix: write it as 'SELV-7340=Sidecar shop/*'.");
    }
    return fits(suppression.substring(0, at), finding.code())
        && fits(suppression.substring(at + 1), finding.origin());
  }

  private static boolean fits(String pattern, String text) {
    StringBuilder regex = new StringBuilder();
    for (String part : pattern.split("\\*", -1)) {
      regex.append(regex.length() == 0 ? "" : ".*").append(java.util.regex.Pattern.quote(part));
    }
    return text.matches(regex.toString());
  }

  /** Files first: what is about to be applied stands for what the controller holds of it. */
  private List<Document> documents() {
    List<String> sources = new ArrayList<>(files);
    sources.addAll(more);
    List<Document> all = new ArrayList<>();
    Set<String> written = new HashSet<>();
    for (String source : sources) {
      for (JsonNode json : Documents.read(List.of(source))) {
        all.add(new Document(source, json));
        written.add(identity(json));
      }
    }
    if (live || sources.isEmpty()) {
      for (Document held : held()) {
        if (!written.contains(identity(held.json()))) {
          all.add(held);
        }
      }
    }
    return all;
  }

  private static String identity(JsonNode json) {
    return json.path("kind").asText()
        + " "
        + json.at("/metadata/namespace").asText("default")
        + "/"
        + json.at("/metadata/name").asText();
  }

  private List<Document> held() {
    ApiClient api = api();
    List<Document> all = new ArrayList<>();
    for (Kind kind : Kinds.all()) {
      JsonNode list;
      try {
        list = api.get(ResourcePath.of(kind, null, null));
      } catch (CliException refused) {
        if (refused.getMessage() != null && refused.getMessage().startsWith("[SELV-8018]")) {
          continue; // kinds that this person may not read are not part of what is judged
        }
        throw refused;
      }
      for (JsonNode item : list.path("items")) {
        ObjectNode json = item.deepCopy();
        json.put("apiVersion", kind.apiVersion()).put("kind", kind.kind());
        all.add(new Document("controller", json));
      }
    }
    return all;
  }

  private static ArrayNode json(List<Finding> findings) {
    ArrayNode all = ApiClient.JSON.createArrayNode();
    for (Finding f : findings) {
      String level = f.level().name();
      all.addObject()
          .put("code", f.code())
          .put("level", level.charAt(0) + level.substring(1).toLowerCase(Locale.ROOT))
          .put("origin", f.origin())
          .put("field", f.field())
          .put("message", f.message())
          .put("reference", f.reference());
    }
    return all;
  }
}
