package io.selvage.controller.analysis;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.selvage.controller.testing.SharedData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The published cases of istioctl's analysis: what ours says of the same documents. */
class PublishedCasesTest {
  /** Their code, and ours at the same document. */
  private static final Map<String, Set<String>> SAME =
      Map.ofEntries(
          Map.entry("IST0002", Set.of("SELV-7345")),
          Map.entry("IST0101", Set.of("SELV-7340", "SELV-7103")),
          Map.entry("IST0111", Set.of("SELV-7340")),
          Map.entry("IST0132", Set.of("SELV-7340", "SELV-7103")),
          Map.entry("IST0138", Set.of("SELV-7120")),
          Map.entry("IST0145", Set.of("SELV-7120")),
          // filters of Envoy's: none is served, whatever is wrong with them
          Map.entry("IST0151", Set.of("SELV-7345")),
          Map.entry("IST0154", Set.of("SELV-7345")),
          Map.entry("IST0162", Set.of("SELV-7120")),
          Map.entry("IST0165", Set.of("SELV-7340")),
          Map.entry("IST0174", Set.of("SELV-7341")));

  /** What is not said here, and why. */
  private static final Map<String, String> NOT_SAID =
      Map.ofEntries(
          Map.entry("IST0103", "nothing is injected into pods"),
          Map.entry("IST0107", "annotations of Istio mean nothing here"),
          Map.entry("IST0108", "annotations of Istio mean nothing here"),
          Map.entry("IST0109", "not looked for: one host in several VirtualServices"),
          Map.entry("IST0118", "a single port without a name is TCP, and may be"),
          Map.entry("IST0123", "nothing is injected into pods"),
          Map.entry("IST0125", "annotations of Istio mean nothing here"),
          Map.entry("IST0128", "not looked for: a DestinationRule's TLS without a file of roots"),
          Map.entry("IST0129", "not looked for: a DestinationRule's TLS without a file of roots"),
          Map.entry("IST0134", "the name is known where it is called; no address is needed"),
          Map.entry("IST0135", "annotations of Istio mean nothing here"),
          Map.entry("IST0144", "there is no proxy whose user id could be taken"),
          Map.entry("IST0148", "nothing is injected into pods"),
          Map.entry("IST0163", "there are no webhooks"),
          Map.entry("IST0167", "there is no ambient mode"),
          Map.entry("IST0173", "endpoints are connected workloads, which files do not show"));

  @TestFactory
  Stream<DynamicTest> cases() throws IOException {
    Path folder = SharedData.istio("analyzers");
    JsonNode all = new ObjectMapper().readTree(Files.readString(folder.resolve("EXPECTED.json")));
    List<DynamicTest> tests = new ArrayList<>();
    for (JsonNode one : all) {
      tests.add(DynamicTest.dynamicTest(one.path("name").asText(), () -> held(folder, one)));
    }
    return tests.stream();
  }

  private static void held(Path folder, JsonNode one) {
    List<Document> documents = new ArrayList<>();
    for (JsonNode input : one.path("inputs")) {
      Path file = folder.resolve(Path.of(input.asText()).getFileName());
      if (Files.exists(file)) {
        SharedData.documents(file).forEach(d -> documents.add(new Document(file.toString(), d)));
      }
    }
    List<Finding> found = Analysis.of(documents, "default");
    for (JsonNode expected : one.path("expected")) {
      String code = expected.path("code").asText();
      Set<String> ours = SAME.get(code);
      if (ours == null) {
        assertThat(NOT_SAID).as("a code that nobody has judged").containsKey(code);
        continue;
      }
      String origin = expected.path("origin").asText();
      // of two that exclude each other the one that loses is named
      boolean either = code.equals("IST0111");
      assertThat(found)
          .as(code + " at " + origin)
          .anyMatch(f -> ours.contains(f.code()) && (either || names(f.origin(), origin)));
    }
    assertThat(found).allMatch(f -> f.code().startsWith("SELV-") && !f.message().isEmpty());
  }

  /** Theirs may leave the namespace out, ours does not know it for kinds of others. */
  private static boolean names(String ours, String theirs) {
    return ours.split(" ")[0].equals(theirs.split(" ")[0]) && last(ours).equals(last(theirs));
  }

  private static String last(String origin) {
    return origin.substring(Math.max(origin.lastIndexOf('/'), origin.lastIndexOf(' ')) + 1);
  }
}
