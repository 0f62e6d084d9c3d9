package io.selvage.bootstrap;

import java.io.File;
import java.lang.instrument.Instrumentation;
import java.lang.reflect.InvocationTargetException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Entry of the agent. Whatever goes wrong here, the application starts: it costs one line that says
 * what to do.
 *
 * <p>Nothing of the agent but this package is visible to the application. The rest starts in {@link
 * #START}, which the agent's own class loader finds.
 */
public final class Premain {
  /**
   * Class in the agent loader whose {@code start(String, Instrumentation, File)} starts everything
   * else.
   */
  static final String START = "io.selvage.runtime.AgentStart";

  private static final int FIRST_SUPPORTED = 17;
  private static final AtomicBoolean ATTACHED = new AtomicBoolean();

  private Premain() {}

  /** Called by the JVM before the application's main method. Never throws. */
  public static void premain(@Nullable String args, Instrumentation inst) {
    attach(args, inst);
  }

  /** Called by the JVM when the agent is attached to a running application. Never throws. */
  public static void agentmain(@Nullable String args, Instrumentation inst) {
    attach(args, inst);
  }

  private static void attach(@Nullable String args, Instrumentation inst) {
    try {
      LaunchConditions conditions = LaunchConditions.ofThisJvm(args);
      if (!conditions.enabled() || conditions.isTool()) {
        return;
      }
      if (conditions.javaVersion() < FIRST_SUPPORTED) {
        say(
            "WARN [SELV-1001] (Agent) this JVM is too old for the mesh; found Java "
                + conditions.javaVersion()
                + ", the application runs unmeshed. Fix: run it on Java "
                + FIRST_SUPPORTED
                + " or later, or set selvage.enabled=false");
        return;
      }
      if (!ATTACHED.compareAndSet(false, true)) {
        say(
            "WARN [SELV-1002] (Agent) the agent is attached already; this second attachment is ignored. Fix: name it once in -javaagent and JAVA_TOOL_OPTIONS");
        return;
      }
      start(args, inst);
    } catch (Throwable e) { // the application must start, come what may
      say(
          "ERROR [SELV-1003] (Agent) the agent cannot start, the application runs unmeshed; "
              + cause(e)
              + ". Fix: use a complete selvage-agent.jar, or set selvage.enabled=false");
    }
  }

  private static void start(@Nullable String args, Instrumentation inst) throws Exception {
    File jar = new File(Premain.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    ClassLoader loader = new AgentLoader(jar, AgentLoader.platformLoader());
    Class.forName(START, true, loader)
        .getMethod("start", String.class, Instrumentation.class, File.class)
        .invoke(null, args, inst, jar);
  }

  private static String cause(Throwable e) {
    Throwable cause = e;
    while ((cause instanceof InvocationTargetException
            || cause instanceof ExceptionInInitializerError)
        && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause.toString().replace('\n', ' ');
  }

  private static void say(String line) {
    System.err.println(line);
  }
}
