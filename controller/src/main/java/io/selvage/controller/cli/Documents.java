package io.selvage.controller.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.selvage.controller.resource.YamlDocuments;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Reads what {@code -f} names: files, folders, or {@code -} for standard input. */
final class Documents {
  private Documents() {}

  static List<JsonNode> read(List<String> sources) {
    List<JsonNode> all = new ArrayList<>();
    for (String source : sources) {
      if (source.equals("-")) {
        all.addAll(parse("standard input", standardInput()));
      } else {
        for (Path file : files(Path.of(source))) {
          all.addAll(parse(file.toString(), text(file)));
        }
      }
    }
    if (all.isEmpty()) {
      throw new CliException(
          "SELV-8063",
          "(-f) nothing to read in " + sources + ". Fix: name a file with at least one document.");
    }
    return all;
  }

  private static List<Path> files(Path path) {
    if (!Files.isDirectory(path)) {
      return List.of(path);
    }
    try (Stream<Path> inside = Files.list(path)) {
      return inside.filter(f -> f.toString().matches(".*\\.(yaml|yml|json)")).sorted().toList();
    } catch (IOException e) {
      throw new CliException("SELV-8064", "(-f) " + path + " cannot be read; " + e, e);
    }
  }

  private static String text(Path file) {
    try {
      if (Files.size(file) > YamlDocuments.MAX_CHARACTERS) {
        throw new CliException(
            "SELV-8064", "(-f) " + file + " is larger than 8 MiB. Fix: split it.");
      }
      return Files.readString(file);
    } catch (IOException e) {
      throw new CliException(
          "SELV-8064",
          "(-f) " + file + " cannot be read; " + e + ". Fix: name a readable UTF-8 file.",
          e);
    }
  }

  private static String standardInput() {
    try {
      return new String(System.in.readNBytes(YamlDocuments.MAX_CHARACTERS), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new CliException("SELV-8064", "(-f -) standard input cannot be read; " + e, e);
    }
  }

  private static List<JsonNode> parse(String name, String text) {
    try {
      return YamlDocuments.parse(text);
    } catch (YamlDocuments.MalformedException e) {
      throw new CliException("SELV-8065", "(" + name + ") is not YAML; " + e.getMessage(), e);
    }
  }
}
