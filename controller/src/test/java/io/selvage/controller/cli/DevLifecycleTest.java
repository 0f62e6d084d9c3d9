package io.selvage.controller.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.controller.testing.CommandLineRun;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code dev up} and {@code dev down} as a user runs them, in processes of their own. */
class DevLifecycleTest {
  @TempDir Path temporary;

  private Path folder() {
    return temporary.resolve("dev");
  }

  private CommandLineRun selvage(String... arguments) {
    return CommandLineRun.child(
        Map.of("SELVAGE_DEV_DIR", folder().toString(), "HOME", temporary.toString()), arguments);
  }

  private CommandLineRun up(String... more) {
    List<String> arguments = new ArrayList<>(List.of("dev", "up", "--xds-port", "0"));
    arguments.addAll(List.of("--metrics-port", "0"));
    arguments.addAll(List.of(more));
    return selvage(arguments.toArray(new String[0]));
  }

  private long pid() throws IOException {
    return Long.parseLong(Files.readString(folder().resolve("controller.pid")).trim());
  }

  @AfterEach
  void down() {
    selvage("dev", "down");
  }

  @Test
  void comesUpOnceServesSurvivesAKillAndGoesDown() throws IOException {
    CommandLineRun up = up("--detach", "--api-port", "0").ok();
    assertThat(up.out())
        .contains("https://127.0.0.1:")
        .contains(folder().resolve("kubeconfig").toString());
    long first = pid();
    CommandLineRun again = up("--detach", "--api-port", "0");
    assertThat(again.exit()).isEqualTo(1);
    assertThat(again.err()).contains("SELV-8030").contains("process " + first);
    Path manifest =
        Files.writeString(
            temporary.resolve("ns"), "{apiVersion: v1, kind: Namespace, metadata: {name: kept}}");
    selvage("apply", "-f", manifest.toString()).ok();

    ProcessHandle.of(first).orElseThrow().destroyForcibly();
    ProcessHandle.of(first).ifPresent(p -> p.onExit().join());
    up("--detach", "--api-port", "0", "-o", "json").ok();
    assertThat(pid()).isNotEqualTo(first);
    assertThat(selvage("get", "ns").ok().out()).contains("kept");

    long second = pid();
    assertThat(selvage("dev", "down").ok().out()).contains("stopped process " + second);
    assertThat(ProcessHandle.of(second).map(ProcessHandle::isAlive).orElse(false)).isFalse();
    assertThat(selvage("dev", "down").ok().out()).contains("no controller runs");
    CommandLineRun status = selvage("status");
    assertThat(status.exit()).isEqualTo(1);
    assertThat(status.err()).contains("SELV-8015").contains("selvage dev up");
  }

  @Test
  void aTakenPortIsOneCodedLineAndAFailure() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String port = Integer.toString(taken.getLocalPort());
      CommandLineRun detached = up("--detach", "--api-port", port);
      assertThat(detached.exit()).isEqualTo(1);
      assertThat(detached.err()).contains("SELV-7040").contains("API port " + port);
      CommandLineRun foreground = up("--api-port", port);
      assertThat(foreground.exit()).isEqualTo(1);
      assertThat(foreground.err()).contains("SELV-7040").doesNotContain("\tat ");
    }
  }
}
