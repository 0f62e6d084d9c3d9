package io.selvage.smoke.it;

import io.selvage.smoke.Checkout;
import io.selvage.smoke.Cli;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Child JVMs with and without the agent. */
final class Java {
  private Java() {}

  /** The option that attaches the agent. */
  static String agent() {
    return "-javaagent:" + Checkout.agentJar();
  }

  static List<String> command(String... args) {
    List<String> all = new ArrayList<>(List.of("java", "-Xmx256m", "-XX:TieredStopAtLevel=1"));
    all.addAll(List.of(args));
    return all;
  }

  static Cli.Result run(Map<String, String> env, String... args) {
    return Cli.run(env, null, Duration.ofSeconds(60), command(args));
  }
}
