package io.selvage.controller.testing;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.selvage.controller.resource.YamlDocuments;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Published test data that lies beside the repository; tests skip where it is absent. */
public final class SharedData {
  private SharedData() {}

  /** The folder or file below {@code data/istio}; skips the test if it is not there. */
  public static Path istio(String path) {
    String configured = System.getenv("SELVAGE_SHARED");
    Path root = Path.of(System.getProperty("selvage.root", ".."));
    Path shared = configured != null ? Path.of(configured) : sibling(root.toAbsolutePath());
    Path found = shared.resolve("data/istio").resolve(path);
    assumeTrue(Files.exists(found), "published test data is absent: " + found);
    return found;
  }

  /** A worktree lies one folder deeper than a clone. */
  private static Path sibling(Path root) {
    Path near = root.resolveSibling("shared");
    Path parent = root.getParent();
    return Files.exists(near) || parent == null ? near : parent.resolveSibling("shared");
  }

  public static List<Path> files(String folder) {
    try (Stream<Path> files = Files.list(istio(folder))) {
      return files.filter(p -> p.toString().endsWith(".yaml")).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static List<JsonNode> documents(Path file) {
    try {
      return YamlDocuments.parse(Files.readString(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (YamlDocuments.MalformedException e) {
      throw new AssertionError(file + ": " + e.getMessage(), e);
    }
  }
}
