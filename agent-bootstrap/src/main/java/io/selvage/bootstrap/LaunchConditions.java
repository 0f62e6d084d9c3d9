package io.selvage.bootstrap;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Whether this JVM is one that wants the agent. Immutable; reads a handful of strings and nothing
 * else.
 */
final class LaunchConditions {
  /** Main classes of build tools; what stands before a {@code *} is a prefix. */
  private static final String[] BUILD_TOOLS = {
    "org.codehaus.plexus.classworlds.launcher.Launcher",
    "org.codehaus.classworlds.Launcher",
    "org.apache.maven.wrapper.MavenWrapperMain",
    "org.apache.maven.surefire.booter.ForkedBooter",
    "org.mvndaemon.*",
    "org.gradle.*",
    "worker.org.gradle.*",
    "org.apache.tools.ant.*",
    "org.jetbrains.kotlin.*",
    "sbt.*",
    "xsbt.*",
    "com.sun.tools.*",
    "sun.tools.*",
    "sun.security.tools.*",
    "io.selvage.*",
  };

  /** Names that jar files of tools begin with. */
  private static final String[] TOOL_JARS = {
    "gradle-wrapper",
    "gradle-launcher",
    "maven-wrapper",
    "plexus-classworlds",
    "surefirebooter",
    "sbt-launch",
    "selvage-",
  };

  /** {@code java File.java}: the compiler's launcher, but it runs an application. */
  private static final String SOURCE_LAUNCHER = "com.sun.tools.javac.launcher.";

  private final @Nullable String enabled;
  private final @Nullable String command;
  private final @Nullable String mainModule;
  private final boolean byEnvironment;
  private final String version;

  /**
   * Made from what the JVM tells.
   *
   * @param enabled value of the kill switch, or null
   * @param command {@code sun.java.command}: main class or jar, then arguments; or null
   * @param mainModule {@code jdk.module.main}, or null
   * @param byEnvironment whether an environment variable put the agent here, and not this very
   *     command line
   * @param version {@code java.specification.version}
   */
  LaunchConditions(
      @Nullable String enabled,
      @Nullable String command,
      @Nullable String mainModule,
      boolean byEnvironment,
      String version) {
    this.enabled = enabled;
    this.command = command;
    this.mainModule = mainModule;
    this.byEnvironment = byEnvironment;
    this.version = version;
  }

  static LaunchConditions ofThisJvm(@Nullable String args) {
    String enabled = System.getProperty("selvage.enabled");
    if (enabled == null) {
      enabled = System.getenv("SELVAGE_ENABLED");
    }
    if (enabled == null) {
      enabled = option(args, "enabled=");
    }
    return new LaunchConditions(
        enabled,
        System.getProperty("sun.java.command"),
        System.getProperty("jdk.module.main"),
        namesAgent("JAVA_TOOL_OPTIONS")
            || namesAgent("JDK_JAVA_OPTIONS")
            || namesAgent("_JAVA_OPTIONS"),
        System.getProperty("java.specification.version"));
  }

  private static boolean namesAgent(String variable) {
    String value = System.getenv(variable);
    return value != null && value.contains("-javaagent");
  }

  private static @Nullable String option(@Nullable String args, String key) {
    if (args != null) {
      for (String each : args.split(",")) {
        if (each.trim().startsWith(key)) {
          return each.trim().substring(key.length());
        }
      }
    }
    return null;
  }

  /** Whether nobody switched the agent off. */
  boolean enabled() {
    if (enabled == null) {
      return true;
    }
    String value = enabled.trim().toLowerCase(Locale.ROOT);
    return !(value.equals("false")
        || value.equals("0")
        || value.equals("off")
        || value.equals("no"));
  }

  /**
   * Whether this is a tool of the JDK, of a build or of ours, which an environment variable gave
   * the agent without anybody wanting it. An agent that the command line itself names is always
   * wanted.
   */
  boolean isTool() {
    if (!byEnvironment || command == null || command.contains(SOURCE_LAUNCHER)) {
      return false;
    }
    if (mainModule != null && (mainModule.startsWith("java.") || mainModule.startsWith("jdk."))) {
      return true;
    }
    int blank = command.indexOf(' ');
    String main = blank < 0 ? command : command.substring(0, blank);
    return main.endsWith(".jar") ? isToolJar(main) : isToolClass(main);
  }

  private static boolean isToolJar(String path) {
    String file = path.substring(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
    for (String tool : TOOL_JARS) {
      if (file.startsWith(tool)) {
        return true;
      }
    }
    return false;
  }

  private static boolean isToolClass(String main) {
    String name = main.substring(main.indexOf('/') + 1);
    for (String tool : BUILD_TOOLS) {
      boolean prefix = tool.endsWith("*");
      if (prefix ? name.startsWith(tool.substring(0, tool.length() - 1)) : name.equals(tool)) {
        return true;
      }
    }
    return false;
  }

  /** 8, 11, 17, …; the newest that can be thought of if it cannot be read. */
  int javaVersion() {
    try {
      return Integer.parseInt(version.startsWith("1.") ? version.substring(2) : version);
    } catch (RuntimeException e) {
      return Integer.MAX_VALUE;
    }
  }
}
