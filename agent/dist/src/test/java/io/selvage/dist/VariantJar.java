package io.selvage.dist;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/** Copies of the shipped jar with something changed. */
final class VariantJar {
  static final Path SHIPPED = Path.of(System.getProperty("selvage.agent"));
  static final String START = "inst/io/selvage/runtime/AgentStart.classdata";

  private VariantJar() {}

  /** Writes the copy unless it is there; a change to no bytes at all removes the entry. */
  static Path write(Path variant, Map<String, byte[]> changes) throws IOException {
    if (Files.exists(variant)) {
      return variant;
    }
    try (var in = new ZipFile(SHIPPED.toFile());
        var out = new ZipOutputStream(Files.newOutputStream(variant))) {
      for (ZipEntry each : in.stream().filter(e -> !changes.containsKey(e.getName())).toList()) {
        put(out, each.getName(), in.getInputStream(each).readAllBytes());
      }
      for (Map.Entry<String, byte[]> change : changes.entrySet()) {
        if (change.getValue().length > 0) {
          put(out, change.getKey(), change.getValue());
        }
      }
    }
    return variant;
  }

  private static void put(ZipOutputStream out, String name, byte[] content) throws IOException {
    var stored = new ZipEntry(name);
    stored.setMethod(ZipEntry.STORED);
    stored.setSize(content.length);
    var sum = new CRC32();
    sum.update(content);
    stored.setCrc(sum.getValue());
    out.putNextEntry(stored);
    out.write(content);
    out.closeEntry();
  }
}
