package io.selvage.controller.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Deletes objects. */
@Command(
    name = "delete",
    description = "Delete objects, by kind and name or as files describe them.")
final class DeleteCommand extends Verb {
  @Parameters(arity = "0..*", paramLabel = "KIND NAME…", description = "Kind, then names.")
  List<String> what = List.of();

  @Option(
      names = {"-f", "--filename"},
      description = "File, folder or '-'; repeatable.")
  List<String> files = List.of();

  @Option(
      names = {"-n", "--namespace"},
      description = "Default: the kubeconfig's.")
  @Nullable String namespace;

  @Option(names = "--ignore-not-found", description = "Absent is fine.")
  boolean ignoreNotFound;

  @Override
  public void run() {
    ApiClient api = api();
    String in = namespace == null ? api.config().namespace() : namespace;
    List<String> paths = new ArrayList<>();
    if (!files.isEmpty()) {
      for (JsonNode document : Documents.read(files)) {
        paths.add(ResourcePath.of(document, in));
      }
    }
    for (int i = 1; i < what.size(); i++) {
      paths.add(ResourcePath.of(ResourcePath.kind(what.get(0)), in, what.get(i)));
    }
    if (paths.isEmpty()) {
      throw new CliException("SELV-8068", "nothing is named. Fix: give KIND NAME, or -f FILE.");
    }
    for (String path : paths) {
      try {
        api.delete(path);
        out().println("deleted " + path.substring(path.lastIndexOf('/') + 1));
      } catch (CliException e) {
        if (!ignoreNotFound || !String.valueOf(e.getMessage()).startsWith("[SELV-8019]")) {
          throw e;
        }
      }
    }
  }
}
