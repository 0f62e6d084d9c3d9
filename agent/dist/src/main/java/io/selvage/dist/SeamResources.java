package io.selvage.dist;

import io.selvage.tooling.ReferenceCollector;
import io.selvage.tooling.Seam;
import io.selvage.tooling.SeamFile;
import io.selvage.tooling.SeamFileParser;
import io.selvage.tooling.Weaving;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Map;

/**
 * Checks the seam declarations against the classes that are there, and writes what each
 * instrumentation uses of its library.
 */
final class SeamResources {
  static final String INDEX = Weaving.INDEX;

  private SeamResources() {}

  /**
   * Adds the references.
   *
   * @throws IllegalStateException if two declarations have one name, or a class that they name is
   *     not there
   */
  static void addTo(Map<String, byte[]> entries) {
    byte[] index = entries.get(INDEX);
    List<SeamFile> files =
        SeamFileParser.parse(index == null ? "" : new String(index, StandardCharsets.UTF_8), INDEX);
    var names = new HashSet<String>();
    for (SeamFile file : files) {
      if (!names.add(file.name())) {
        throw new IllegalStateException("two declarations of instrumentation " + file.name());
      }
      file.seams().stream().map(Seam::advice).forEach(advice -> demand(entries, file, advice));
      file.inside().forEach(inside -> demand(entries, file, inside));
      String references =
          String.join("\n", ReferenceCollector.collect(file, name -> entries.get(classFile(name))));
      entries.put(file.referencesResource(), references.getBytes(StandardCharsets.UTF_8));
    }
  }

  private static void demand(Map<String, byte[]> entries, SeamFile file, String type) {
    if (!entries.containsKey(classFile(type))) {
      throw new IllegalStateException(
          "instrumentation " + file.name() + " names " + type + ", which is not on the class path");
    }
  }

  private static String classFile(String dotted) {
    return dotted.replace('.', '/') + ".class";
  }
}
