package io.selvage.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.ServiceLoader;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AgentLoaderTest {
  /** A class to be found in the jar, and a provider. */
  public static final class Hidden implements Runnable {
    @Override
    public void run() {}
  }

  private static final String NAME = Hidden.class.getName();

  @TempDir Path folder;
  private AgentLoader loader;

  @BeforeEach
  void open() throws IOException {
    File jar = folder.resolve("a jar with blanks.jar").toFile();
    try (var out = new ZipOutputStream(Files.newOutputStream(jar.toPath()))) {
      put(out, "inst/" + NAME.replace('.', '/') + ".classdata", classFile());
      put(out, "inst/META-INF/services/java.lang.Runnable", NAME.getBytes(StandardCharsets.UTF_8));
      put(out, "inst/a b.txt", "text".getBytes(StandardCharsets.UTF_8));
      put(out, "outside.txt", "no".getBytes(StandardCharsets.UTF_8));
    }
    loader = new AgentLoader(jar, AgentLoader.platformLoader());
  }

  private static void put(ZipOutputStream out, String name, byte[] content) throws IOException {
    out.putNextEntry(new ZipEntry(name));
    out.write(content);
    out.closeEntry();
  }

  private static byte[] classFile() throws IOException {
    try (InputStream in = Hidden.class.getResourceAsStream("AgentLoaderTest$Hidden.class")) {
      return in.readAllBytes();
    }
  }

  @Test
  void loadsItsOwnAndThePlatformsButNotTheApplications() throws Exception {
    Class<?> hidden = loader.loadClass(NAME);
    assertThat(hidden.getClassLoader()).isSameAs(loader);
    assertThat(hidden).isNotSameAs(Hidden.class);
    assertThat(loader.loadClass("java.sql.Driver").getClassLoader())
        .isSameAs(ClassLoader.getPlatformClassLoader());
    assertThatThrownBy(() -> loader.loadClass(AgentLoaderTest.class.getName()))
        .isInstanceOf(ClassNotFoundException.class);
  }

  @Test
  void findsProvidersOfItsOwn() {
    assertThat(ServiceLoader.load(Runnable.class, loader))
        .singleElement()
        .satisfies(p -> assertThat(p.getClass().getName()).isEqualTo(NAME));
  }

  @Test
  void givesResourcesByUrlAndByStreamUnderTheirUsualNames() throws IOException {
    URL url = loader.getResource("a b.txt");
    try (InputStream in = url.openStream()) {
      assertThat(in.readAllBytes()).asString().isEqualTo("text");
    }
    assertThat(Collections.list(loader.getResources("a b.txt"))).hasSize(1);
    try (InputStream in = loader.getResourceAsStream(NAME.replace('.', '/') + ".class")) {
      assertThat(in.readAllBytes()).isEqualTo(classFile());
    }
    assertThat(loader.getResource("outside.txt")).isNull();
    assertThat(loader.getResource("inst/a b.txt")).isNull();
    assertThat(loader.getResourceAsStream("java/lang/Object.class")).isNotNull();
  }

  @Test
  void refusesWhatIsNoJar() throws IOException {
    Path broken = Files.writeString(folder.resolve("broken.jar"), "no jar");
    assertThatThrownBy(() -> new AgentLoader(broken.toFile(), null))
        .isInstanceOf(ZipException.class);
  }
}
