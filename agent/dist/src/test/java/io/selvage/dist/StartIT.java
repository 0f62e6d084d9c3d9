package io.selvage.dist;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import net.bytebuddy.jar.asm.ClassWriter;
import net.bytebuddy.jar.asm.MethodVisitor;
import net.bytebuddy.jar.asm.Opcodes;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The jar in JVMs of their own, on each Java version that is here. The start class is a stand-in
 * that tells how it was called: what is tested is everything before it.
 */
class StartIT {

  @TempDir static Path folder;

  static Stream<Path> homes() {
    return ChildJvm.homes().stream();
  }

  private static Path variant(String name, byte[] start) throws IOException {
    return VariantJar.write(folder.resolve(name), Map.of(VariantJar.START, start));
  }

  /** {@code start(args, inst, jar)} prints {@code started ARGS} to stderr, or throws. */
  private static byte[] start(boolean fails) {
    var writer = new ClassWriter(ClassWriter.COMPUTE_MAXS);
    writer.visit(
        Opcodes.V17,
        Opcodes.ACC_PUBLIC,
        "io/selvage/runtime/AgentStart",
        null,
        "java/lang/Object",
        null);
    MethodVisitor code =
        writer.visitMethod(
            Opcodes.ACC_PUBLIC | Opcodes.ACC_STATIC,
            "start",
            "(Ljava/lang/String;Ljava/lang/instrument/Instrumentation;Ljava/io/File;)V",
            null,
            null);
    code.visitCode();
    if (fails) {
      code.visitTypeInsn(Opcodes.NEW, "java/lang/NoSuchFieldError");
      code.visitInsn(Opcodes.DUP);
      code.visitLdcInsn("on\npurpose");
      code.visitMethodInsn(
          Opcodes.INVOKESPECIAL,
          "java/lang/NoSuchFieldError",
          "<init>",
          "(Ljava/lang/String;)V",
          false);
      code.visitInsn(Opcodes.ATHROW);
    } else {
      code.visitFieldInsn(Opcodes.GETSTATIC, "java/lang/System", "err", "Ljava/io/PrintStream;");
      code.visitLdcInsn("started ");
      code.visitVarInsn(Opcodes.ALOAD, 0);
      code.visitMethodInsn(
          Opcodes.INVOKESTATIC,
          "java/lang/String",
          "valueOf",
          "(Ljava/lang/Object;)Ljava/lang/String;",
          false);
      code.visitMethodInsn(
          Opcodes.INVOKEVIRTUAL,
          "java/lang/String",
          "concat",
          "(Ljava/lang/String;)Ljava/lang/String;",
          false);
      code.visitMethodInsn(
          Opcodes.INVOKEVIRTUAL, "java/io/PrintStream", "println", "(Ljava/lang/String;)V", false);
      code.visitInsn(Opcodes.RETURN);
    }
    code.visitMaxs(0, 0);
    writer.visitEnd();
    return writer.toByteArray();
  }

  private static Path telling() throws IOException {
    return variant("tells its start.jar", start(false));
  }

  private static ChildJvm hello(
      Path home, Map<String, String> environment, List<String> options, String... args)
      throws Exception {
    var all = new ArrayList<>(options);
    all.add("-cp");
    all.add(
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"))
            .split(java.io.File.pathSeparator)[0]);
    all.add("sample.Hello");
    all.addAll(List.of(args));
    return ChildJvm.run(home, "java", environment, all);
  }

  private static String agent(Path jar, String options) {
    return "-javaagent:" + jar + (options.isEmpty() ? "" : "=" + options);
  }

  @ParameterizedTest
  @MethodSource("homes")
  void startsOnceAndIsNotSeen(Path home) throws Exception {
    ChildJvm jvm = hello(home, Map.of(), List.of(agent(telling(), "service=a")), "look");
    assertThat(jvm.err()).isEqualToIgnoringNewLines("started service=a");
    assertThat(jvm.out().lines())
        .containsExactly(
            "sees io.selvage.bootstrap.Premain", "providers 0", "context loader true", "hello");
    assertThat(jvm.exit()).isZero();
  }

  @ParameterizedTest
  @MethodSource("homes")
  void attachesToARunningJvm(Path home) throws Exception {
    ChildJvm jvm =
        hello(
            home,
            Map.of(),
            List.of("-Djdk.attach.allowAttachSelf=true"),
            "attach",
            telling().toString());
    assertThat(jvm.ours()).isEqualTo("started late");
    assertThat(jvm.out()).isEqualToIgnoringNewLines("hello");
  }

  @ParameterizedTest
  @MethodSource("homes")
  void aSecondAttachmentIsIgnoredInOneLine(Path home) throws Exception {
    Path copy = folder.resolve("copy.jar");
    if (!Files.exists(copy)) {
      Files.copy(telling(), copy);
    }
    ChildJvm jvm =
        hello(
            home,
            Map.of("JAVA_TOOL_OPTIONS", "-javaagent:" + copy + "=env"),
            List.of(agent(telling(), "line")));
    assertThat(jvm.ours().lines().toList())
        .hasSize(2)
        .anyMatch(l -> l.startsWith("started "))
        .anyMatch(l -> l.startsWith("WARN [SELV-1002] "));
    assertThat(jvm.out()).isEqualToIgnoringNewLines("hello");
  }

  @ParameterizedTest
  @MethodSource("homes")
  void isSwitchedOffByPropertyEnvironmentOrOption(Path home) throws Exception {
    assertThat(
            hello(home, Map.of(), List.of(agent(telling(), ""), "-Dselvage.enabled=false")).err())
        .isEmpty();
    assertThat(hello(home, Map.of("SELVAGE_ENABLED", "false"), List.of(agent(telling(), ""))).err())
        .isEmpty();
    assertThat(hello(home, Map.of(), List.of(agent(telling(), "enabled=false"))).err()).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("homes")
  void anApplicationThatIsGivenTheAgentByEnvironmentGetsIt(Path home) throws Exception {
    ChildJvm jvm =
        hello(home, Map.of("JAVA_TOOL_OPTIONS", "\"-javaagent:" + telling() + "=x\""), List.of());
    assertThat(jvm.ours()).isEqualTo("started x");
  }

  @ParameterizedTest
  @MethodSource("homes")
  void toolsOfTheJdkAreLeftAlone(Path home) throws Exception {
    Path plain = folder.resolve("plain.jar");
    if (!Files.exists(plain)) {
      Files.copy(telling(), plain);
    }
    Map<String, String> environment = Map.of("JAVA_TOOL_OPTIONS", "-javaagent:" + plain);
    for (List<String> tool :
        List.of(
            List.of("keytool", "-help"),
            List.of("javac", "-version"),
            List.of("jar", "--version"),
            List.of("jcmd", "-h"))) {
      ChildJvm with = ChildJvm.run(home, tool.get(0), environment, tool.subList(1, tool.size()));
      ChildJvm without = ChildJvm.run(home, tool.get(0), Map.of(), tool.subList(1, tool.size()));
      assertThat(with.out()).as(tool.toString()).isEqualTo(without.out());
      assertThat(with.ours()).as(tool.toString()).isEqualTo(without.ours());
      assertThat(with.exit()).isEqualTo(without.exit());
    }
  }

  @ParameterizedTest
  @MethodSource("homes")
  void aJarThatIsNotWholeLeavesTheApplicationRunning(Path home) throws Exception {
    byte[] cut = java.util.Arrays.copyOf(start(false), 100);
    for (Path broken :
        List.of(
            variant("without start.jar", new byte[0]),
            variant("start throws.jar", start(true)),
            variant("start cut.jar", cut))) {
      ChildJvm jvm = hello(home, Map.of(), List.of(agent(broken, "")));
      assertThat(jvm.ours().lines().toList())
          .as(broken.toString())
          .singleElement()
          .asString()
          .startsWith("ERROR [SELV-1003] ")
          .contains("Fix: ");
      assertThat(jvm.out()).isEqualToIgnoringNewLines("hello");
      assertThat(jvm.exit()).isZero();
    }
  }

  @ParameterizedTest
  @MethodSource("homes")
  void aJvmThatIsTooOldIsToldSo(Path home) throws Exception {
    // there is no old JVM here; the application changes the property that the agent asks, then
    // attaches it
    ChildJvm jvm =
        hello(
            home,
            Map.of(),
            List.of("-Djdk.attach.allowAttachSelf=true"),
            "attach-old",
            telling().toString());
    assertThat(jvm.ours()).startsWith("WARN [SELV-1001] ").contains("found Java 11");
    assertThat(jvm.out()).isEqualToIgnoringNewLines("hello");
  }
}
