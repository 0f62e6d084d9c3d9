package io.selvage.dist;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * Everything that belongs into the agent, from folders and jars. Of multi-release jars it takes
 * what Java 17 would see. A class that two elements have with different content is an error: one of
 * them would never be used.
 */
final class ClassPathContents {
  private static final int RELEASE = 17;
  private static final Pattern VERSIONED = Pattern.compile("META-INF/versions/(\\d+)/(.+)");

  /** What no JVM needs at run time, or what would be wrong in another jar. */
  private static final Pattern NEEDLESS =
      Pattern.compile(
          "(.*/)?(module|package)-info\\.class"
              + "|META-INF/(MANIFEST\\.MF|INDEX\\.LIST|DEPENDENCIES|[^/]+\\.(SF|RSA|DSA|EC|kotlin_module|version))"
              + "|META-INF/(maven|proguard|native-image|com\\.android\\.tools|versions)/.*"
              + "|.*\\.(proto|pro|html|kotlin_metadata|kotlin_builtins|proto\\.bin|seams)"
              + "|io/selvage/dist/.*|win32-.*|BUILD\\.bazel");

  private static final Pattern LICENSE =
      Pattern.compile(
          "(META-INF/)?(LICENSE|NOTICE|LICENCE|COPYRIGHT|AL2\\.0|LGPL2\\.1)[^/]*",
          Pattern.CASE_INSENSITIVE);

  private final Map<String, byte[]> entries = new TreeMap<>();
  private final Map<String, String> origins = new HashMap<>();
  private final StringBuilder seams = new StringBuilder();

  /** Adds a folder of classes or a jar; what does not exist is an error. */
  void add(Path element) throws IOException {
    Map<String, byte[]> content = Files.isDirectory(element) ? ofFolder(element) : ofJar(element);
    String origin = element.getFileName().toString();
    content.forEach((name, bytes) -> put(name, bytes, origin));
  }

  private void put(String name, byte[] bytes, String origin) {
    if (name.endsWith(".seams") && name.startsWith("META-INF/selvage/")) {
      seams.append(new String(bytes, StandardCharsets.UTF_8)).append('\n');
      return;
    }
    if (LICENSE.matcher(name).matches()) {
      entries.put(
          "META-INF/licenses/"
              + origin.replaceFirst("\\.jar$", "")
              + "/"
              + name.substring(name.lastIndexOf('/') + 1),
          bytes);
      return;
    }
    if (NEEDLESS.matcher(name).matches()) {
      return;
    }
    byte[] there = entries.get(name);
    if (there == null) {
      entries.put(name, bytes);
      origins.put(name, origin);
    } else if (name.startsWith("META-INF/services/")) {
      entries.put(name, joined(there, bytes));
    } else if (!Arrays.equals(there, bytes)) {
      throw new IllegalStateException(
          name + " is in " + origins.get(name) + " and in " + origin + ", with different content");
    }
  }

  private static byte[] joined(byte[] one, byte[] two) {
    return (new String(one, StandardCharsets.UTF_8).stripTrailing()
            + "\n"
            + new String(two, StandardCharsets.UTF_8))
        .getBytes(StandardCharsets.UTF_8);
  }

  private static Map<String, byte[]> ofFolder(Path folder) throws IOException {
    Map<String, byte[]> content = new TreeMap<>();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
        content.put(
            folder.relativize(file).toString().replace('\\', '/'), Files.readAllBytes(file));
      }
    }
    return content;
  }

  private static Map<String, byte[]> ofJar(Path jar) throws IOException {
    Map<String, byte[]> content = new TreeMap<>();
    Map<String, Integer> releases = new HashMap<>();
    try (var zip = new ZipFile(jar.toFile())) {
      for (ZipEntry entry : zip.stream().filter(e -> !e.isDirectory()).toList()) {
        Matcher versioned = VERSIONED.matcher(entry.getName());
        int release = versioned.matches() ? Integer.parseInt(versioned.group(1)) : 0;
        String name = versioned.matches() ? versioned.group(2) : entry.getName();
        if (release <= RELEASE && release >= releases.getOrDefault(name, 0)) {
          releases.put(name, release);
          try (InputStream in = zip.getInputStream(entry)) {
            content.put(name, in.readAllBytes());
          }
        }
      }
    }
    return content;
  }

  /** By name; seam declarations as one {@code META-INF/selvage/seams.index}. */
  Map<String, byte[]> entries() {
    Map<String, byte[]> all = new TreeMap<>(entries);
    all.put(SeamResources.INDEX, seams.toString().getBytes(StandardCharsets.UTF_8));
    return all;
  }
}
