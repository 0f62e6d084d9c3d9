package io.selvage.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LaunchConditionsTest {
  private static LaunchConditions command(String command, String module, boolean byEnvironment) {
    return new LaunchConditions(null, command, module, byEnvironment, "17");
  }

  @ParameterizedTest
  @CsvSource({
    "java.base/sun.security.tools.keytool.Main -help, java.base",
    "jdk.jcmd/sun.tools.jcmd.JCmd, jdk.jcmd",
    "jdk.compiler/com.sun.tools.javac.Main Foo.java, jdk.compiler",
    "org.codehaus.plexus.classworlds.launcher.Launcher clean verify,",
    "org.gradle.launcher.daemon.bootstrap.GradleDaemon 8.5,",
    "worker.org.gradle.process.internal.worker.GradleWorkerMain 'Gradle Test Executor 1',",
    "/home/u/.gradle/gradle-wrapper.jar build,",
    "/p/target/surefire/surefirebooter-2026.jar x,",
    "C:\\p\\selvage-controller.jar dev,",
    "io.selvage.cli.Main status,",
  })
  void leavesToolsAlone(String command, String module) {
    assertThat(command(command, module, true).isTool()).isTrue();
    assertThat(command(command, module, false).isTool())
        .as("asked for on the command line")
        .isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "com.example.Main --port 1,",
    "/srv/app.jar keytool,",
    "/srv/gradle-wrapper/app.jar,",
    "my.module/com.example.Main, my.module",
    "jdk.compiler/com.sun.tools.javac.launcher.Main Foo.java, jdk.compiler",
    "org.gradlefuture.Main,",
  })
  void takesApplications(String command, String module) {
    assertThat(command(command, module, true).isTool()).isFalse();
  }

  @Test
  void takesAnEmbeddedJvmThatHasNoCommand() {
    assertThat(command(null, null, true).isTool()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"false", " FALSE ", "0", "off", "No"})
  void isSwitchedOff(String value) {
    assertThat(new LaunchConditions(value, "Main", null, false, "17").enabled()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"true", "1", "", "disabled?"})
  void isNotSwitchedOffByAnythingElse(String value) {
    assertThat(new LaunchConditions(value, "Main", null, false, "17").enabled()).isTrue();
  }

  @Test
  void theSystemPropertyStandsAboveTheOption() {
    System.setProperty("selvage.enabled", "true");
    try {
      assertThat(LaunchConditions.ofThisJvm("service=a,enabled=false").enabled()).isTrue();
    } finally {
      System.clearProperty("selvage.enabled");
    }
    assertThat(LaunchConditions.ofThisJvm("service=a,enabled=false").enabled()).isFalse();
  }

  @ParameterizedTest
  @CsvSource({"1.8, 8", "11, 11", "17, 17", "25, 25", "next, 2147483647"})
  void readsTheVersion(String text, int version) {
    assertThat(new LaunchConditions(null, "Main", null, false, text).javaVersion())
        .isEqualTo(version);
  }
}
