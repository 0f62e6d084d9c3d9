package io.selvage.dist;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;
import net.bytebuddy.jar.asm.ClassReader;
import net.bytebuddy.jar.asm.ClassWriter;
import net.bytebuddy.jar.asm.Opcodes;
import net.bytebuddy.jar.asm.commons.ClassRemapper;
import net.bytebuddy.jar.asm.commons.SimpleRemapper;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Weaving as it is shipped, in JVMs of their own: on the class path, in a named module, and beside
 * other agents. Only the start class is a stand-in.
 */
class WeavingIT {
  private static final String SEAMS =
      """
      instrumentation shop
      package io.selvage.dist.woven.
      library test:shop shop.
      seam shop.Library#greet(java.lang.String)  io.selvage.dist.woven.GreetAdvice
      define shop.Inside
      instrumentation shop-socket
      package io.selvage.dist.woven.
      library jdk -
      seam java.net.Socket#connect(java.net.SocketAddress,int)  io.selvage.dist.woven.ConnectAdvice  security=refuse
      """;

  @TempDir static Path folder;
  private static Path agent;
  private static Path classes;

  static Stream<Path> homes() {
    return ChildJvm.homes().stream();
  }

  @BeforeAll
  static void build() throws IOException {
    Map<String, byte[]> changes = new HashMap<>();
    changes.put("inst/META-INF/selvage/seams.index", SEAMS.getBytes(StandardCharsets.UTF_8));
    changes.put(VariantJar.START, start("sample/start/WeavingStart"));
    for (String name :
        List.of(
            "io/selvage/dist/woven/GreetAdvice",
            "io/selvage/dist/woven/ConnectAdvice",
            "shop/Inside")) {
      changes.put("inst/" + name + ".classdata", classFile(name));
    }
    agent = VariantJar.write(folder.resolve("agent.jar"), changes);
    classes = Files.createDirectories(folder.resolve("shop"));
    Files.createDirectories(classes.resolve("shop"));
    for (String name : List.of("shop/Main", "shop/Library", "shop/Secret")) {
      Files.write(classes.resolve(name + ".class"), classFile(name));
    }
  }

  private static byte[] classFile(String name) {
    try (InputStream in = WeavingIT.class.getClassLoader().getResourceAsStream(name + ".class")) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] start(String standIn) {
    var writer = new ClassWriter(0);
    var renamed = new SimpleRemapper(Opcodes.ASM9, standIn, "io/selvage/runtime/AgentStart");
    new ClassReader(classFile(standIn)).accept(new ClassRemapper(writer, renamed), 0);
    return writer.toByteArray();
  }

  private static ChildJvm run(Path home, List<String> agents, String... application)
      throws Exception {
    var arguments = new ArrayList<>(agents);
    arguments.addAll(
        List.of(
            "-Dotel.traces.exporter=none",
            "-Dotel.metrics.exporter=none",
            "-Dotel.logs.exporter=none",
            "-Dotel.javaagent.logging=none"));
    arguments.addAll(List.of(application));
    return ChildJvm.run(home, "java", Map.of(), arguments);
  }

  private static void assertWoven(ChildJvm jvm, String module) {
    assertThat(jvm.out().lines())
        .as(jvm.err())
        .containsExactlyInAnyOrder(
            "hello bob, hidden in module " + module,
            "connected true",
            "holes []",
            "dispatcher lookup",
            "seam shop.Library LINKED",
            "seam java.net.Socket LINKED");
    assertThat(jvm.exit()).isZero();
  }

  private static String ours() {
    return "-javaagent:" + agent;
  }

  private static File other(String name) {
    return new File(System.getProperty("selvage.other-agents"), name);
  }

  @ParameterizedTest
  @MethodSource("homes")
  void onTheClassPath(Path home) throws Exception {
    ChildJvm jvm = run(home, List.of(ours()), "-cp", classes.toString(), "shop.Main");
    assertWoven(jvm, "null");
    assertThat(jvm.err()).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("homes")
  void inANamedModule(Path home) throws Exception {
    Path module = Files.createDirectories(folder.resolve("module-" + home.getFileName()));
    Path source = Files.writeString(folder.resolve("module-info.java"), "module shop { }");
    Files.createDirectories(module.resolve("shop"));
    for (String name : List.of("shop/Main", "shop/Library", "shop/Secret")) {
      Files.copy(classes.resolve(name + ".class"), module.resolve(name + ".class"));
    }
    assertThat(
            ToolProvider.findFirst("javac")
                .orElseThrow()
                .run(
                    System.out,
                    System.err,
                    "--release",
                    "17",
                    "-d",
                    module.toString(),
                    source.toString()))
        .isZero();
    ChildJvm jvm = run(home, List.of(ours()), "-p", module.toString(), "-m", "shop/shop.Main");
    assertWoven(jvm, "shop");
    assertThat(jvm.err()).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("homes")
  void besideJacocoInBothOrders(Path home) throws Exception {
    for (boolean first : new boolean[] {true, false}) {
      Path coverage = folder.resolve(home.getFileName() + "-" + first + ".exec");
      String jacoco =
          "-javaagent:" + other("org.jacoco.agent-runtime.jar") + "=destfile=" + coverage;
      assertWoven(
          run(
              home,
              first ? List.of(ours(), jacoco) : List.of(jacoco, ours()),
              "-cp",
              classes.toString(),
              "shop.Main"),
          "null");
      assertThat(coverage).isNotEmptyFile();
    }
  }

  @ParameterizedTest
  @MethodSource("homes")
  void besideTheOpenTelemetryAgentInBothOrders(Path home) throws Exception {
    String otel = "-javaagent:" + other("opentelemetry-javaagent.jar");
    for (boolean first : new boolean[] {true, false}) {
      assertWoven(
          run(
              home,
              first ? List.of(ours(), otel) : List.of(otel, ours()),
              "-cp",
              classes.toString(),
              "shop.Main"),
          "null");
    }
  }

  @ParameterizedTest
  @MethodSource("homes")
  void bundledLibrariesPrintNothing(Path home) throws Exception {
    Path jar =
        VariantJar.write(
            folder.resolve("libraries.jar"),
            Map.of(VariantJar.START, start("sample/start/LibrariesStart")));
    ChildJvm jvm = run(home, List.of("-javaagent:" + jar), "-cp", classes.toString(), "shop.Main");
    assertThat(jvm.err()).isEmpty();
    assertThat(jvm.out().lines())
        .containsExactly(
            "call UNAVAILABLE",
            "read b with io.selvage.bootstrap.AgentLoader",
            "hello bob",
            "unknown host");
  }

  @ParameterizedTest
  @MethodSource("homes")
  void underAStrictSetOfModules(Path home) throws Exception {
    ChildJvm jvm =
        run(
            home,
            List.of(ours()),
            "--limit-modules",
            "java.base",
            "-cp",
            classes.toString(),
            "shop.Main");
    assertWoven(jvm, "null");
  }
}
