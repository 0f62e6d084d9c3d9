package io.selvage.dist;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Writes the one jar that is shipped: the bootstrap package at its root, everything else under
 * {@code inst/} with class files renamed to {@code .classdata}. Stored, not deflated, as that saves
 * start-up time; the same input gives the same bytes.
 */
public final class AgentJar {
  private static final String BOOTSTRAP = "io/selvage/bootstrap/";
  private static final String FOLDER = "inst/";

  private AgentJar() {}

  /**
   * Builds from the class path of this JVM.
   *
   * @param args file to write, version, time stamp of all entries (ISO-8601)
   */
  public static void main(String[] args) throws IOException {
    List<Path> classPath =
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .map(Path::of)
            .toList();
    build(classPath, Path.of(args[0]), args[1], Instant.parse(args[2]));
  }

  /** Builds from folders of classes and jars. */
  static void build(List<Path> classPath, Path jar, String version, Instant time)
      throws IOException {
    var contents = new ClassPathContents();
    for (Path element : classPath) {
      contents.add(element);
    }
    write(jar, entries(contents, version), time);
  }

  /** What is in the jar, by name, without the manifest. */
  private static Map<String, byte[]> entries(ClassPathContents contents, String version) {
    Map<String, byte[]> found = contents.entries();
    SeamResources.addTo(found);
    Reachable.keepOnly(found);
    UnusedMethods.remove(found);
    Reachable.keepOnly(found);
    BundledLogging.redirect(found);
    UnsafeBridge.build(found);
    Map<String, byte[]> entries = new TreeMap<>();
    found.forEach(
        (name, content) -> {
          if (name.startsWith(BOOTSTRAP)) {
            entries.put(name, content);
          } else {
            entries.put(FOLDER + (name.endsWith(".class") ? name + "data" : name), content);
          }
        });
    entries.put(FOLDER + "META-INF/selvage/version", version.getBytes(StandardCharsets.UTF_8));
    return entries;
  }

  private static byte[] manifest(String version) {
    return String.join(
            "\r\n",
            "Manifest-Version: 1.0",
            "Premain-Class: io.selvage.bootstrap.Premain",
            "Agent-Class: io.selvage.bootstrap.Premain",
            "Can-Retransform-Classes: true",
            "Can-Redefine-Classes: true",
            "Implementation-Title: Selvage agent",
            "Implementation-Version: " + version,
            "",
            "")
        .getBytes(StandardCharsets.UTF_8);
  }

  private static void write(Path jar, Map<String, byte[]> entries, Instant time)
      throws IOException {
    LocalDateTime stamp = LocalDateTime.ofInstant(time, ZoneOffset.UTC);
    byte[] version = entries.get(FOLDER + "META-INF/selvage/version");
    Path unfinished = jar.resolveSibling(jar.getFileName() + ".unfinished");
    try (OutputStream file = Files.newOutputStream(unfinished);
        var out = new ZipOutputStream(file)) {
      out.setMethod(ZipOutputStream.STORED);
      put(
          out,
          "META-INF/MANIFEST.MF",
          manifest(new String(version, StandardCharsets.UTF_8)),
          stamp);
      for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
        put(out, entry.getKey(), entry.getValue(), stamp);
      }
    }
    Files.move(unfinished, jar, StandardCopyOption.REPLACE_EXISTING);
  }

  private static void put(ZipOutputStream out, String name, byte[] content, LocalDateTime stamp)
      throws IOException {
    var entry = new ZipEntry(name);
    entry.setTimeLocal(stamp);
    entry.setSize(content.length);
    var sum = new CRC32();
    sum.update(content);
    entry.setCrc(sum.getValue());
    out.putNextEntry(entry);
    out.write(content);
    out.closeEntry();
  }
}
