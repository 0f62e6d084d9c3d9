package io.selvage.smoke.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.smoke.Checkout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;

/** Holds the directions between modules that ARCHITECTURE.md draws, from the POMs as they are. */
class HouseTest {
  /** What each module of the agent may name among our own modules (outside test scope). */
  private static final Map<String, Set<String>> MAY =
      Map.of(
          "agent-bootstrap", Set.of(),
          "engine", Set.of(),
          "xds-api", Set.of(),
          "extension-api", Set.of("engine"),
          "identity", Set.of("engine", "extension-api"),
          "telemetry", Set.of("engine"),
          "control-client", Set.of("engine", "xds-api", "identity"),
          "tooling", Set.of("extension-api", "agent-bootstrap", "engine"),
          "runtime",
              Set.of(
                  "engine",
                  "xds-api",
                  "extension-api",
                  "identity",
                  "telemetry",
                  "control-client",
                  "tooling",
                  "agent-bootstrap"));

  /** Third-party groups that a module may use. */
  private static final Map<String, Set<String>> LIBRARIES =
      Map.of(
          "agent-bootstrap", Set.of(),
          "engine", Set.of("com.google.re2j", "io.github.resilience4j"),
          "extension-api", Set.of(),
          "identity", Set.of("com.nimbusds"),
          "telemetry", Set.of("io.opentelemetry"),
          "tooling", Set.of("net.bytebuddy"),
          "runtime", Set.of());

  @Test
  void agentModulesPointDownwardsOnly() throws Exception {
    Map<String, Set<String>> wrong = new TreeMap<>();
    for (Map.Entry<String, Set<String>> module : MAY.entrySet()) {
      Path folder =
          module.getKey().equals("agent-bootstrap")
              ? Path.of("agent-bootstrap")
              : Path.of("agent", module.getKey());
      Set<String> own = own(folder);
      own.removeAll(module.getValue());
      if (!own.isEmpty()) {
        wrong.put(module.getKey(), own);
      }
    }
    assertThat(wrong).isEmpty();
  }

  @Test
  void agentModulesUseOnlyTheirLibraries() throws Exception {
    Map<String, Set<String>> wrong = new TreeMap<>();
    for (Map.Entry<String, Set<String>> module : LIBRARIES.entrySet()) {
      Path folder =
          module.getKey().equals("agent-bootstrap")
              ? Path.of("agent-bootstrap")
              : Path.of("agent", module.getKey());
      Set<String> used = new LinkedHashSet<>();
      for (Dependency d : dependencies(folder)) {
        if (!d.test()
            && !d.group().equals("io.selvage")
            && !module.getValue().contains(d.group())) {
          used.add(d.group() + ":" + d.artifact());
        }
      }
      if (!used.isEmpty()) {
        wrong.put(module.getKey(), used);
      }
    }
    assertThat(wrong).isEmpty();
  }

  @Test
  void instrumentationsSeeOnlyTheExtensionApiAndShipNoLibrary() throws Exception {
    Map<String, Set<String>> wrong = new TreeMap<>();
    for (Path folder : instrumentations()) {
      Set<String> bad = new LinkedHashSet<>();
      for (Dependency d : dependencies(folder)) {
        boolean allowed =
            d.test()
                || d.scope().equals("provided")
                    && (!d.group().equals("io.selvage")
                        || Set.of("selvage-extension-api", "selvage-engine")
                            .contains(d.artifact()));
        if (!allowed) {
          bad.add(d.group() + ":" + d.artifact() + ":" + d.scope());
        }
      }
      if (!bad.isEmpty()) {
        wrong.put(folder.getFileName().toString(), bad);
      }
    }
    assertThat(wrong).isEmpty();
  }

  @Test
  void controllerAndAgentShareNoCode() throws Exception {
    assertThat(own(Path.of("controller"))).isEmpty();
    for (String module : MAY.keySet()) {
      Path folder =
          module.equals("agent-bootstrap") ? Path.of("agent-bootstrap") : Path.of("agent", module);
      assertThat(own(folder)).doesNotContain("controller");
    }
  }

  @Test
  void samplesKnowNothingOfSelvage() throws Exception {
    try (Stream<Path> files = Files.walk(Checkout.root().resolve("smoke-tests/apps"))) {
      List<Path> naming =
          files
              .filter(f -> f.toString().contains("src") && !f.toString().contains("target"))
              .filter(Files::isRegularFile)
              .filter(f -> read(f).toLowerCase(java.util.Locale.ROOT).contains("selvage"))
              .toList();
      assertThat(naming).isEmpty();
    }
  }

  @Test
  void everyInstrumentationDeclaresWhatItCanDo() throws Exception {
    for (Path folder : instrumentations()) {
      assertThat(folder.resolve("instrumentation.yaml"))
          .as(folder.getFileName().toString())
          .exists();
      assertThat(read(folder.resolve("instrumentation.yaml"))).contains("name:", "capabilities:");
    }
  }

  private record Dependency(String group, String artifact, String scope) {
    boolean test() {
      return scope.equals("test");
    }
  }

  private static List<Path> instrumentations() throws IOException {
    try (Stream<Path> all = Files.list(Checkout.root().resolve("instrumentations"))) {
      return all.filter(f -> Files.exists(f.resolve("pom.xml")) && !f.endsWith("testing"))
          .sorted()
          .toList();
    }
  }

  /** Our own modules that a module names outside test scope. */
  private static Set<String> own(Path folder) throws Exception {
    Set<String> names = new LinkedHashSet<>();
    for (Dependency d : dependencies(folder)) {
      if (d.group().equals("io.selvage") && !d.test()) {
        names.add(d.artifact().replaceFirst("^selvage-", ""));
      }
    }
    return names;
  }

  private static List<Dependency> dependencies(Path folder) throws Exception {
    Element project =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(Checkout.root().resolve(folder).resolve("pom.xml").toFile())
            .getDocumentElement();
    List<Dependency> found = new java.util.ArrayList<>();
    for (Node n = project.getFirstChild(); n != null; n = n.getNextSibling()) {
      if (n instanceof Element e && e.getTagName().equals("dependencies")) {
        NodeList list = e.getElementsByTagName("dependency");
        for (int i = 0; i < list.getLength(); i++) {
          Element d = (Element) list.item(i);
          if (d.getParentNode() == e) {
            found.add(new Dependency(text(d, "groupId"), text(d, "artifactId"), text(d, "scope")));
          }
        }
      }
    }
    return found;
  }

  private static String text(Element d, String tag) {
    for (Node n = d.getFirstChild(); n != null; n = n.getNextSibling()) {
      if (n instanceof Element e && e.getTagName().equals(tag)) {
        return e.getTextContent().trim();
      }
    }
    return tag.equals("scope") ? "compile" : "";
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
