package io.selvage.smoke.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.smoke.Checkout;
import io.selvage.smoke.Child;
import io.selvage.smoke.Cli;
import io.selvage.smoke.Load;
import io.selvage.smoke.Ports;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The agent is there and the controller is not; and JVMs that nobody meant to mesh. */
class AgentAloneIT {
  @TempDir Path folder;

  private Map<String, String> env(int port) {
    return Map.of(
        "SERVER_PORT",
        "" + port,
        "SELVAGE_CONTROLLER",
        "127.0.0.1:" + Checkout.freePort(),
        "SELVAGE_TOKEN",
        "slv1.aaaa.bbbb.cccc",
        "SELVAGE_SERVICE",
        "details",
        "SELVAGE_DATA_DIR",
        folder.resolve("data").toString());
  }

  private Duration start(String name, Map<String, String> env, String... options) {
    int port = Integer.parseInt(env.get("SERVER_PORT"));
    List<String> command = new ArrayList<>(Java.command(options));
    command.addAll(List.of("-jar", Checkout.app("details").toString()));
    long begun = System.nanoTime();
    try (Child child = Child.start(name, folder, env, command)) {
      child.await(name + " to listen", Duration.ofSeconds(60), () -> Ports.accepts(port));
      Duration took = Duration.ofNanos(System.nanoTime() - begun);
      assertThat(Load.get("http://127.0.0.1:" + port + "/details/1").statusCode()).isEqualTo(200);
      lastLog = child.log();
      return took;
    }
  }

  private String lastLog = "";

  @Test
  void applicationStartsWithinFiveSecondsOfItsNormalTimeAndSaysWhyItIsNotMeshed() {
    Duration without = start("plain", env(Checkout.freePort()));
    Duration with = start("meshed", env(Checkout.freePort()), Java.agent());

    assertThat(with.minus(without)).isLessThan(Duration.ofSeconds(6));
    assertThat(lastLog).containsPattern("WARN \\[SELV-\\d{4}\\].*").contains("Fix:");
  }

  @Test
  void jdkToolsUnderJavaToolOptionsPrintNothingOfOursAndLoseLittle() {
    Map<String, String> env =
        Map.of("JAVA_TOOL_OPTIONS", Java.agent(), "SELVAGE_CONTROLLER", "127.0.0.1:1");
    List<String> keytool = List.of("keytool", "-J-XX:TieredStopAtLevel=1", "-help");
    Cli.run(env, null, Duration.ofSeconds(60), keytool);

    Cli.Result with = Cli.run(env, null, Duration.ofSeconds(60), keytool);
    Cli.Result without = Cli.run(Map.of(), null, Duration.ofSeconds(60), keytool);

    assertThat(ofOurs(with)).isEmpty();
    assertThat(with.exit()).isEqualTo(without.exit());
    long lost =
        median(() -> Cli.run(env, null, Duration.ofSeconds(60), keytool))
            - median(() -> Cli.run(Map.of(), null, Duration.ofSeconds(60), keytool));
    assertThat(lost).as("milliseconds lost").isLessThan(150);
  }

  @Test
  void mavenUnderJavaToolOptionsPrintsNothingOfOurs() {
    Map<String, String> env =
        Map.of("JAVA_TOOL_OPTIONS", Java.agent(), "SELVAGE_CONTROLLER", "127.0.0.1:1");

    Cli.Result with = Cli.run(env, null, Duration.ofSeconds(60), List.of("mvn", "--version"));

    assertThat(with.exit()).isZero();
    assertThat(ofOurs(with)).isEmpty();
    long lost =
        median(() -> Cli.run(env, null, Duration.ofSeconds(60), List.of("mvn", "--version")))
            - median(
                () -> Cli.run(Map.of(), null, Duration.ofSeconds(60), List.of("mvn", "--version")));
    assertThat(lost).as("milliseconds lost").isLessThan(150);
  }

  /** Lines that are neither the tool's nor the JVM's own word on the variable. */
  private static List<String> ofOurs(Cli.Result result) {
    return result
        .all()
        .lines()
        .filter(l -> l.contains("SELV") || l.toLowerCase(java.util.Locale.ROOT).contains("selvage"))
        .filter(l -> !l.contains("Picked up JAVA_TOOL_OPTIONS"))
        .toList();
  }

  private static long median(Runnable work) {
    List<Long> millis = new ArrayList<>();
    for (int i = 0; i < 7; i++) {
      long begun = System.nanoTime();
      work.run();
      millis.add((System.nanoTime() - begun) / 1_000_000);
    }
    return millis.stream().sorted().toList().get(3);
  }
}
