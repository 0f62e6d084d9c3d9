package io.selvage.controller.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.selvage.controller.resource.Kind;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows objects. */
@Command(name = "get", description = "Show objects of a kind.")
final class GetCommand extends Verb {
  @Parameters(index = "0", paramLabel = "KIND", description = "Plural, singular or short name.")
  String kindName = "";

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "NAME",
      description = "One object; default all.")
  @Nullable String name;

  @Option(
      names = {"-n", "--namespace"},
      description = "Default: the kubeconfig's.")
  @Nullable String namespace;

  @Option(
      names = {"-A", "--all-namespaces"},
      description = "In every namespace.")
  boolean everywhere;

  @Option(
      names = {"-l", "--selector"},
      description = "Label selector.")
  @Nullable String selector;

  @Option(
      names = {"-w", "--watch"},
      description = "Go on with changes.")
  boolean watch;

  @Override
  public void run() {
    ApiClient api = api();
    Kind kind = ResourcePath.kind(kindName);
    String in = everywhere ? null : namespace == null ? api.config().namespace() : namespace;
    String path = ResourcePath.of(kind, in, name);
    String query =
        selector == null
            ? ""
            : "?labelSelector=" + java.net.URLEncoder.encode(selector, StandardCharsets.UTF_8);
    if (output == Output.JSON) {
      printJson(api.get(path + query));
      return;
    }
    if (output == Output.YAML) {
      printYaml(api.get(path + query));
      return;
    }
    JsonNode table = api.table(path + query);
    List<List<String>> rows = rows(table, true);
    if (rows.size() == 1 && !watch) {
      out().println("no " + kind.plural() + " found" + (in == null ? "" : " in namespace " + in));
      return;
    }
    printRows(rows);
    if (watch) {
      follow(api, ResourcePath.of(kind, in, null), table.at("/metadata/resourceVersion").asText());
    }
  }

  private void follow(ApiClient api, String collection, String version) {
    String filter = name == null ? "" : "&fieldSelector=metadata.name%3D" + name;
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(
                api.stream(collection + "?watch=true&resourceVersion=" + version + filter),
                StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        JsonNode event = ApiClient.JSON.readTree(line);
        if (event.path("object").path("kind").asText().equals("Table")) {
          printRows(rows(event.path("object"), false));
        }
      }
    } catch (JsonProcessingException e) {
      throw new CliException("SELV-8021", "the controller's answer is not JSON", e);
    } catch (IOException e) {
      throw new CliException(
          "SELV-8067", "the watch broke off; " + e.getMessage() + ". Fix: run it again.", e);
    }
  }

  private List<List<String>> rows(JsonNode table, boolean heading) {
    List<List<String>> rows = new ArrayList<>();
    List<Integer> shown = new ArrayList<>();
    List<String> titles = new ArrayList<>(everywhere ? List.of("NAMESPACE") : List.of());
    int i = 0;
    for (JsonNode column : table.path("columnDefinitions")) {
      if (output == Output.WIDE || column.path("priority").asInt() == 0) {
        shown.add(i);
        titles.add(column.path("name").asText().toUpperCase(java.util.Locale.ROOT));
      }
      i++;
    }
    if (heading) {
      rows.add(titles);
    }
    for (JsonNode row : table.path("rows")) {
      List<String> cells = new ArrayList<>();
      if (everywhere) {
        cells.add(row.at("/object/metadata/namespace").asText());
      }
      for (int column : shown) {
        JsonNode cell = row.path("cells").path(column);
        cells.add(cell.isNull() ? "" : cell.isTextual() ? cell.asText() : cell.toString());
      }
      rows.add(cells);
    }
    return rows;
  }
}
