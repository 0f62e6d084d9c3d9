package io.selvage.runtime;

import java.io.File;
import java.lang.instrument.Instrumentation;
import org.jspecify.annotations.Nullable;

/** Where the launcher hands over, in the agent's own loader. */
public final class AgentStart {
  private AgentStart() {}

  /**
   * Starts the agent of this JVM. Returns when the application may run: at once, or after the
   * bounded wait of {@code startup-mode}.
   *
   * @param options {@code key=value}, separated by commas; null = none
   */
  public static void start(@Nullable String options, Instrumentation inst, File agentJar) {
    Agent.start(Settings.ofThisJvm(options), inst);
  }
}
