package io.selvage.controller.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class AnalyzeTest {
  private static final String IGNORED =
      """
      apiVersion: networking.istio.io/v1
      kind: Sidecar
      metadata: {name: narrow, namespace: shop}
      spec: {egress: [{hosts: ['./*'], bind: 127.0.0.1}]}
      """;
  private static final String GONE =
      """
      apiVersion: networking.istio.io/v1
      kind: VirtualService
      metadata: {name: lost}
      spec: {hosts: [a.example], http: [{timeout: 1s, route: [{destination: {host: nobody}}]}]}
      """;
  private static final String BAD =
      """
      apiVersion: networking.istio.io/v1
      kind: VirtualService
      metadata: {name: bad}
      spec: {hosts: [b.example], http: [{tiemout: 1s, match: [{uri: {regex: 'a('}}], route: [{destination: {host: b}}]}]}
      """;
  private static final String GOOD =
      """
      apiVersion: v1
      kind: Service
      metadata: {name: good}
      spec: {ports: [{name: http, port: 80}], selector: {app: good}}
      """;

  @TempDir Path folder;

  private record Ran(int exit, String out, String err) {}

  private Ran run(String yaml, String... more) throws IOException {
    Path file = Files.writeString(folder.resolve("a.yaml"), yaml);
    List<String> all = new ArrayList<>(List.of("analyze", file.toString()));
    all.addAll(List.of(more));
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine line = SelvageCommand.commandLine();
    line.setOut(new PrintWriter(out, true));
    line.setErr(new PrintWriter(err, true));
    return new Ran(line.execute(all.toArray(new String[0])), out.toString(), err.toString());
  }

  @Test
  void soundFilesEndWithZero() throws IOException {
    Ran ran = run(GOOD);
    assertThat(ran.out()).contains("nothing found in 1 documents");
    assertThat(ran.exit()).isZero();
  }

  @Test
  void eachIgnoredFieldIsNamedAndIsNoFailure() throws IOException {
    Ran ran = run(IGNORED);
    assertThat(ran.out())
        .contains("Warning [SELV-7340] (Sidecar shop/narrow spec.egress[0].bind) no effect; ");
    assertThat(ran.exit()).isZero();
    assertThat(run(IGNORED, "--failure-threshold", "Warning").exit()).isEqualTo(79);
    assertThat(run(IGNORED, "--output-threshold", "Error").out()).contains("nothing found");
  }

  @Test
  void destinationsThatAreNotThereFail() throws IOException {
    Ran ran = run(GONE);
    assertThat(ran.exit()).isEqualTo(79);
    assertThat(ran.out())
        .contains(
            "Error [SELV-7341] (VirtualService default/lost spec.http[0].route[0].destination) no"
                + " service nobody.default.svc.cluster.local");
  }

  @Test
  void whatTheApiRefusesIsSaidInItsWords() throws IOException {
    Ran ran = run(BAD);
    assertThat(ran.exit()).isEqualTo(79);
    assertThat(ran.out())
        .contains("[SELV-7112] (VirtualService default/bad spec.http[0].match[0].uri.regex)")
        .contains("not an RE2 expression: ")
        .contains("Fix: ")
        .contains("[SELV-7346] (VirtualService default/bad spec.http[0].tiemout) no such field");
  }

  @Test
  void documentsSeeEachOther() throws IOException {
    assertThat(run(GONE.replace("nobody", "good") + "---\n" + GOOD).out())
        .doesNotContain("spec.http[0].route[0].destination");
    assertThat(run(GOOD + "---\n" + GOOD).out()).contains("the document occurs twice");
  }

  @Test
  void findingsAreSuppressedByCodeAndOrigin() throws IOException {
    assertThat(run(GONE, "--suppress", "SELV-7341=VirtualService default/*").exit()).isZero();
    assertThat(run(GONE, "--suppress", "*=*").out()).contains("nothing found");
    assertThat(run(GONE, "--suppress", "SELV-7341=VirtualService other/*").exit()).isEqualTo(79);
    Ran wrong = run(GONE, "--suppress", "SELV-7341");
    assertThat(wrong.exit()).isEqualTo(1);
    assertThat(wrong.err()).contains("[SELV-8090] (--suppress)").contains("Fix:");
  }

  @Test
  void aNamespaceNarrowsWhatIsSaid() throws IOException {
    assertThat(
            run(IGNORED + "---\n" + GONE.replace("lost", "lost, namespace: default"), "-n", "shop")
                .out())
        .contains("Sidecar shop/narrow")
        .doesNotContain("VirtualService default/lost");
  }

  @Test
  void jsonAndYamlHaveStableFields() throws IOException {
    JsonNode json = new ObjectMapper().readTree(run(GONE, "-o", "json").out());
    assertThat(json).isNotEmpty();
    assertThat(json.findValuesAsText("code")).contains("SELV-7341");
    assertThat(json.findValuesAsText("level")).contains("Error");
    assertThat(json.findValuesAsText("origin")).containsOnly("VirtualService default/lost");
    assertThat(json.findValuesAsText("reference")).allMatch(r -> r.endsWith("a.yaml"));
    assertThat(run(GONE, "-o", "yaml").out()).contains("code: SELV-7341");
  }

  @Test
  void whatIsNoneOfTheMeshIsSaidAtTheLowestLevel() throws IOException {
    Ran ran = run("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\n");
    assertThat(ran.exit()).isZero();
    assertThat(ran.out()).contains("Info [SELV-7345] (Deployment d)");
    String telemetry = "apiVersion: telemetry.istio.io/v1\nkind: Telemetry\nmetadata: {name: t}\n";
    assertThat(run(telemetry).out()).contains("Warning [SELV-7345] (Telemetry t)");
  }
}
