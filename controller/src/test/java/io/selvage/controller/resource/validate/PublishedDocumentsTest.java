package io.selvage.controller.resource.validate;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selvage.controller.resource.Kind;
import io.selvage.controller.resource.Kinds;
import io.selvage.controller.resource.Violation;
import io.selvage.controller.testing.SharedData;
import java.nio.file.Path;
import java.util.Optional;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;

/** Istio's own documents: the valid ones are accepted, the invalid ones refused. */
class PublishedDocumentsTest {
  private int judged;
  private int otherKinds;

  @Test
  void everyValidDocumentOfOurKindsIsAccepted() {
    SoftAssertions softly = new SoftAssertions();
    for (String folder : new String[] {"validation-dataset", "bookinfo-networking"}) {
      SharedData.files(folder).forEach(f -> accept(f, softly));
    }
    SharedData.files("validation-crds").stream()
        .filter(f -> f.toString().endsWith("-valid.yaml"))
        .forEach(f -> accept(f, softly));
    softly.assertAll();
    assertThat(judged).isGreaterThanOrEqualTo(60);
  }

  @Test
  void everyInvalidDocumentIsRefused() {
    SoftAssertions softly = new SoftAssertions();
    for (Path file : SharedData.files("validation-crds")) {
      if (file.toString().endsWith("-invalid.yaml")) {
        SharedData.documents(file).forEach(d -> refuse(file, d, softly));
      }
    }
    softly.assertAll();
    assertThat(judged).isEqualTo(17);
  }

  private void accept(Path file, SoftAssertions softly) {
    for (JsonNode document : SharedData.documents(file)) {
      Optional<Kind> kind = kind(document);
      if (kind.isEmpty()) {
        otherKinds++;
        continue;
      }
      judged++;
      Validation validation = Validation.of(kind.get(), (ObjectNode) document);
      String name = file.getFileName() + " " + document.at("/metadata/name").asText();
      if (name.endsWith(" valid-request-authentication")) {
        // keys of issuer example.com could be found nowhere: Istio refuses its tokens at run time
        softly
            .assertThat(validation.violations())
            .as(name)
            .extracting(Violation::field)
            .containsExactly("spec.jwtRules[0].jwksUri");
        continue;
      }
      softly.assertThat(validation.violations()).as(name).isEmpty();
      softly.assertThat(validation.unknownFields()).as(name).isEmpty();
    }
  }

  private void refuse(Path file, JsonNode document, SoftAssertions softly) {
    ObjectNode sent = (ObjectNode) document;
    String expected = sent.remove("_err").asText();
    judged++;
    Validation validation = Validation.of(kind(document).orElseThrow(), sent);
    softly
        .assertThat(validation.violations())
        .as("%s: %s", file.getFileName(), expected)
        .extracting(Violation::text)
        .isNotEmpty();
    if (expected.startsWith("spec")) {
      softly
          .assertThat(validation.violations())
          .as(expected)
          .anySatisfy(v -> assertThat(v.text()).startsWith(expected));
    }
  }

  private static Optional<Kind> kind(JsonNode document) {
    return Kinds.byApiVersion(document.path("apiVersion").asText(), document.path("kind").asText());
  }
}
