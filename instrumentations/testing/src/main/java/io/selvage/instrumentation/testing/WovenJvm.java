package io.selvage.instrumentation.testing;

import io.selvage.tooling.SeamFile;
import io.selvage.tooling.SeamFileParser;
import io.selvage.tooling.SeamStatus;
import io.selvage.tooling.Weaving;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.JarURLConnection;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import net.bytebuddy.agent.ByteBuddyAgent;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Weaves this JVM with every seam declaration on its class path, as the shipped agent does, so that
 * an instrumentation can be tested against the real library without a child process.
 *
 * <p>How an instrumentation's test uses it:
 *
 * <pre>{@code
 * @ExtendWith(WovenJvm.class)        // weaves before, verifies after all tests of the class
 * class OkHttpContractTest {
 *   @Test void asksTheMesh() {
 *     // 1. give the engine's entry (extension-api) what this test needs
 *     // 2. use the library as an application would: the seams of src/main/resources/META-INF/selvage/NAME.seams are in
 *   }
 * }
 * }</pre>
 *
 * <p>Rules of that world:
 *
 * <ul>
 *   <li>Weave before the library's classes are used; {@code @ExtendWith}, or {@link #install()} in
 *       a static initialiser of the test. What was loaded before is retransformed, so order is no
 *       error, only objects that exist already were built without advice.
 *   <li>Engine and extension API are the test's own classes: state set there is what the advice
 *       sees.
 *   <li>Classes below the instrumentation's {@code package} prefix are loaded a second time, by the
 *       instrumentation's own loader, child first. A static of theirs that the test reads is
 *       another one: share state through the extension API only.
 *   <li>A seam that was hit and could not be woven or linked, or whose advice threw, fails the test
 *       class. {@link #faults()} tells which; {@link #statusOf} tells what became of one advice.
 *       Mark a seam {@code optional} if some versions lack its method.
 *   <li>{@link #assertLinked(String...)} says that those advices were really called through: use
 *       it, or a seam that no test ever reaches goes unnoticed.
 * </ul>
 */
public final class WovenJvm implements BeforeAllCallback, AfterAllCallback {
  private static final String FOLDER = "META-INF/selvage";
  private static @Nullable Weaving weaving;

  /** Weaves; does nothing if it is done already. Throws if a declaration cannot be read. */
  public static synchronized Weaving install() {
    Weaving installed = weaving;
    if (installed == null) {
      installed =
          Weaving.install(
              ByteBuddyAgent.install(), WovenJvm.class.getClassLoader(), declarations());
      weaving = installed;
    }
    return installed;
  }

  /** Seams that were hit and are not as declared. */
  public static List<SeamStatus> faults() {
    return install().report().faults();
  }

  /**
   * What became of the advice class with that simple or full name, in each class that it was put
   * into.
   */
  public static List<SeamStatus> statusOf(String advice) {
    return install().report().snapshot().stream()
        .filter(s -> s.advice().equals(advice) || s.advice().endsWith("." + advice))
        .toList();
  }

  /**
   * Fails unless each of these advice classes, by simple or full name, was linked in at least one
   * class.
   */
  public static void assertLinked(String... advices) {
    for (String advice : advices) {
      List<SeamStatus> status = statusOf(advice);
      if (status.stream().noneMatch(s -> s.linked() > 0)) {
        throw new AssertionError(advice + " was never linked: " + status);
      }
    }
  }

  /** Fails if a seam that was hit did not weave or link, or its advice threw. */
  public static void verify() {
    List<String> missed = install().missed();
    if (!missed.isEmpty()) {
      throw new AssertionError("classes were loaded behind the weaver's back: " + missed);
    }
    List<SeamStatus> faults = faults();
    if (!faults.isEmpty()) {
      throw new AssertionError(
          "seams are not as declared:\n  "
              + String.join("\n  ", faults.stream().map(SeamStatus::toString).toList()));
    }
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    install();
  }

  @Override
  public void afterAll(ExtensionContext context) {
    verify();
  }

  private static List<SeamFile> declarations() {
    try {
      List<SeamFile> files = new ArrayList<>();
      for (String resource : resources()) {
        try (InputStream in = WovenJvm.class.getClassLoader().getResourceAsStream(resource)) {
          if (in != null) {
            files.addAll(
                SeamFileParser.parse(
                    new String(in.readAllBytes(), StandardCharsets.UTF_8), resource));
          }
        }
      }
      return files;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Set<String> resources() throws IOException {
    Set<String> names = new LinkedHashSet<>();
    for (URL folder : Collections.list(WovenJvm.class.getClassLoader().getResources(FOLDER))) {
      if (folder.getProtocol().equals("file")) {
        names.addAll(inFolder(folder));
      } else if (folder.openConnection() instanceof JarURLConnection connection) {
        try (JarFile jar = connection.getJarFile()) {
          jar.stream().map(JarEntry::getName).filter(WovenJvm::isDeclaration).forEach(names::add);
        }
      }
    }
    return names;
  }

  private static List<String> inFolder(URL folder) throws IOException {
    try (Stream<Path> files = Files.list(Path.of(folder.toURI()))) {
      return files
          .map(f -> FOLDER + "/" + f.getFileName())
          .filter(WovenJvm::isDeclaration)
          .sorted()
          .toList();
    } catch (URISyntaxException e) {
      throw new IOException(e);
    }
  }

  private static boolean isDeclaration(String name) {
    return name.startsWith(FOLDER + "/") && name.endsWith(".seams");
  }
}
