package io.selvage.dist;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.DataInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import org.junit.jupiter.api.Test;

/** What an application can see of the shipped jar. */
class PackagingIT {
  private static final Path JAR = Path.of(System.getProperty("selvage.agent"));

  private static List<JarEntry> entries(JarFile jar) {
    return jar.stream().toList();
  }

  @Test
  void onlyTheBootstrapPackageIsVisible() throws IOException {
    try (var jar = new JarFile(JAR.toFile())) {
      List<String> visible =
          entries(jar).stream()
              .map(JarEntry::getName)
              .filter(name -> !name.startsWith("inst/"))
              .toList();
      assertThat(visible)
          .allMatch(
              name ->
                  name.equals("META-INF/MANIFEST.MF")
                      || name.matches("io/selvage/bootstrap/[A-Za-z0-9$]+\\.class"));
      assertThat(visible)
          .contains("io/selvage/bootstrap/Premain.class", "io/selvage/bootstrap/AgentLoader.class");
      assertThat(entries(jar))
          .noneMatch(e -> e.getName().startsWith("inst/") && e.getName().endsWith(".class"));
    }
  }

  @Test
  void bootstrapClassesAndTheDispatcherAreOfLevel8() throws IOException {
    try (var jar = new JarFile(JAR.toFile())) {
      for (JarEntry entry : entries(jar)) {
        if (entry.getName().startsWith("io/") || entry.getName().startsWith("inst/java/")) {
          try (var in = new DataInputStream(jar.getInputStream(entry))) {
            in.readInt();
            in.readUnsignedShort();
            assertThat(in.readUnsignedShort()).as(entry.getName()).isEqualTo(52);
          }
        }
      }
      assertThat(jar.getEntry("inst/java/lang/SelvageDispatch.classdata")).isNotNull();
    }
  }

  @Test
  void theManifestNamesTheEntriesAndNoBootClassPath() throws IOException {
    try (var jar = new JarFile(JAR.toFile())) {
      Attributes main = jar.getManifest().getMainAttributes();
      assertThat(main.getValue("Premain-Class")).isEqualTo("io.selvage.bootstrap.Premain");
      assertThat(main.getValue("Agent-Class")).isEqualTo("io.selvage.bootstrap.Premain");
      assertThat(main.getValue("Can-Retransform-Classes")).isEqualTo("true");
      assertThat(main.getValue("Can-Redefine-Classes")).isEqualTo("true");
      assertThat(main.getValue("Boot-Class-Path")).isNull();
      assertThat(main.getValue("Multi-Release")).isNull();
    }
  }

  @Test
  void itIsStoredAndSmallEnough() throws IOException {
    assertThat(Files.size(JAR)).isLessThanOrEqualTo(25L << 20);
    try (var jar = new JarFile(JAR.toFile())) {
      assertThat(entries(jar)).allMatch(e -> e.getMethod() == JarEntry.STORED);
    }
  }

  @Test
  void nothingBundledTouchesTheApplicationsLogging() throws IOException {
    try (var jar = new JarFile(JAR.toFile())) {
      for (JarEntry entry : entries(jar)) {
        if (entry.getName().endsWith(".classdata")) {
          String code =
              new String(jar.getInputStream(entry).readAllBytes(), StandardCharsets.ISO_8859_1);
          assertThat(
                  code.contains("java/util/logging/Logger")
                      || code.contains("java/util/logging/LogManager"))
              .as(entry.getName())
              .isFalse();
        }
      }
    }
  }

  @Test
  void nothingBundledUsesTheUnsafeThatWarns() throws IOException {
    try (var jar = new JarFile(JAR.toFile())) {
      for (JarEntry entry : entries(jar)) {
        // Byte Buddy only names it in strings, for JVMs that are older than ours
        if (entry.getName().endsWith(".classdata")
            && !entry.getName().startsWith("inst/net/bytebuddy/")) {
          String code =
              new String(jar.getInputStream(entry).readAllBytes(), StandardCharsets.ISO_8859_1);
          assertThat(code.contains("sun/misc/Unsafe")).as(entry.getName()).isFalse();
        }
      }
    }
  }

  @Test
  void licensesOfWhatIsBundledAreThere() throws IOException {
    try (var jar = new JarFile(JAR.toFile())) {
      assertThat(entries(jar))
          .anyMatch(e -> e.getName().startsWith("inst/META-INF/licenses/byte-buddy"));
    }
  }
}
