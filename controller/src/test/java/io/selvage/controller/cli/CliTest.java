package io.selvage.controller.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class CliTest {
  @TempDir Path folder;

  private record Ran(int exit, String out, String err) {}

  private static Ran run(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine line = SelvageCommand.commandLine();
    line.setOut(new PrintWriter(out, true));
    line.setErr(new PrintWriter(err, true));
    return new Ran(line.execute(args), out.toString(), err.toString());
  }

  @ParameterizedTest
  @CsvSource({
    "9080,9080:9080/http",
    "9080:19081,9080:19081/http",
    "9090:1/grpc,9090:1/grpc",
    "5432/tcp,5432:5432/tcp"
  })
  void portsHaveATargetAndAProtocol(String text, String full) {
    assertThat(PortSpec.parse(text).text()).isEqualTo(full);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "x",
        "0",
        "65536",
        "80:0",
        "80/ftp",
        "80:81:82",
        "-1",
        "80 ",
        "80/HTTP",
        "999999",
        "80:/http"
      })
  void wrongPortsAreRefusedWithFieldReasonAndFix(String text) {
    assertThatThrownBy(() -> PortSpec.parse(text))
        .isInstanceOf(CliException.class)
        .hasMessageStartingWith("[SELV-8041] (--port)")
        .hasMessageContaining("found '" + text + "'")
        .hasMessageContaining("Fix:");
  }

  @Test
  void plaintextCallersAreNamedByTheirAddress() throws Exception {
    var agents =
        ApiClient.JSON.readTree(
            """
            [{"namespace": "default", "service": "reviews", "workload": "reviews", "address": "10.0.0.2",
              "modes": {"9080": "PERMISSIVE"}, "plaintext": [
                {"port": 9080.0, "address": "10.0.0.1", "tls": false, "requests": 7, "last": "2026-01-01T00:00:00Z"},
                {"port": 9080, "address": "10.9.9.9", "tls": true, "requests": 1, "last": "2026-01-01T00:00:00Z"}]},
             {"namespace": "shop", "service": "page", "workload": "page", "address": "10.0.0.1", "plaintext": []}]
            """);
    var callers = PlaintextCommand.callers(agents, null);
    assertThat(callers).hasSize(2);
    assertThat(callers.get(0).path("caller").asText()).isEqualTo("10.0.0.1 (shop/page)");
    assertThat(callers.get(0).path("workload").asText()).isEqualTo("default/reviews");
    assertThat(callers.get(0).path("mode").asText()).isEqualTo("PERMISSIVE");
    assertThat(callers.get(1).path("caller").asText()).isEqualTo("10.9.9.9 (outside the mesh)");
    assertThat(callers.get(1).path("over").asText()).isEqualTo("TLS without identity");
    assertThat(PlaintextCommand.callers(agents, "shop")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "Reviews", "a_b", "-a", "a-", "a.b", "a b", "$(reboot)", "'; rm"})
  void wrongServiceNamesAreRefused(String name) {
    Ran ran = run("env", "--service", name);

    assertThat(ran.exit()).isEqualTo(1);
    assertThat(ran.err()).contains("[SELV-8040] (--service)").doesNotContain("\tat ");
  }

  @Test
  void exportsAreQuotedForTheShell() {
    assertThat(EnvCommand.quote("a'b $(c)")).isEqualTo("'a'\\''b $(c)'");
  }

  @Test
  void missingKubeconfigSaysWhatToDo() {
    Ran ran = run("status", "--kubeconfig", folder.resolve("none").toString());

    assertThat(ran.exit()).isEqualTo(1);
    assertThat(ran.err()).contains("[SELV-8013]", "none", "Fix:").doesNotContain("\tat ");
  }

  @Test
  void kubeconfigWithoutAuthorityIsRefusedRatherThanTrusted() throws Exception {
    Path file = folder.resolve("kubeconfig");
    Files.writeString(
        file,
        """
        current-context: c
        contexts: [{name: c, context: {cluster: k, user: u}}]
        clusters: [{name: k, cluster: {server: "https://127.0.0.1:1"}}]
        users: [{name: u, user: {token: t}}]
        """);

    Ran ran = run("status", "--kubeconfig", file.toString());

    assertThat(ran.err()).contains("[SELV-8014]", "certificate-authority");
  }

  @Test
  void stackTraceOnlyWithDebug() {
    Ran ran = run("--debug", "status", "--kubeconfig", folder.resolve("none").toString());

    assertThat(ran.err()).contains("\tat ");
  }

  @Test
  void wrongUsageIsExitTwoAndUnknownKindsAreNamed() {
    assertThat(run("env").exit()).isEqualTo(2);
    assertThat(run("nonsense").exit()).isEqualTo(2);
    assertThatThrownBy(() -> ResourcePath.kind("pods"))
        .hasMessageContaining("[SELV-8060]")
        .hasMessageContaining("virtualservices");
    assertThat(ResourcePath.kind("vs").plural()).isEqualTo("virtualservices");
    assertThat(ResourcePath.of(ResourcePath.kind("VirtualService"), "shop", "a/../b"))
        .isEqualTo("/apis/networking.istio.io/v1/namespaces/shop/virtualservices/a%2F..%2Fb");
  }

  @Test
  void downWithoutAControllerIsNoError() {
    Ran ran = run("dev", "down", "--data-dir", folder.toString());

    assertThat(ran.exit()).isZero();
    assertThat(ran.out()).contains("no controller runs");
  }

  @Test
  void completionNamesTheVerbs() {
    assertThat(run("completion").out()).contains("apply", "status", "why");
    assertThat(run("completion", "tcsh").err()).contains("[SELV-8080]");
  }
}
