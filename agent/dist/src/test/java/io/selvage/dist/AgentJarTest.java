package io.selvage.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import net.bytebuddy.jar.asm.ClassReader;
import net.bytebuddy.jar.asm.ClassVisitor;
import net.bytebuddy.jar.asm.ClassWriter;
import net.bytebuddy.jar.asm.MethodVisitor;
import net.bytebuddy.jar.asm.Opcodes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AgentJarTest {
  private static final Instant TIME = Instant.parse("2026-01-02T03:04:06Z");

  @TempDir Path folder;

  private Path jar(String name, Map<String, byte[]> entries) throws IOException {
    Path jar = folder.resolve(name);
    try (var out = new ZipOutputStream(Files.newOutputStream(jar))) {
      for (var entry : entries.entrySet()) {
        out.putNextEntry(new ZipEntry(entry.getKey()));
        out.write(entry.getValue());
        out.closeEntry();
      }
    }
    return jar;
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** A class that has these methods, each of which mentions something. */
  private static byte[] type(String name, String... mentioned) {
    var writer = new ClassWriter(ClassWriter.COMPUTE_MAXS);
    writer.visit(Opcodes.V17, Opcodes.ACC_PUBLIC, name, null, "java/lang/Object", null);
    MethodVisitor code =
        writer.visitMethod(Opcodes.ACC_PUBLIC | Opcodes.ACC_STATIC, "run", "()V", null, null);
    code.visitCode();
    for (String each : mentioned) {
      if (each.startsWith("\"")) {
        code.visitLdcInsn(each.substring(1));
        code.visitInsn(Opcodes.POP);
      } else {
        String[] called = (each + "#run").split("#");
        code.visitMethodInsn(Opcodes.INVOKESTATIC, called[0], called[1], "()V", false);
      }
    }
    code.visitInsn(Opcodes.RETURN);
    code.visitMaxs(0, 0);
    for (String unused : new String[] {"one", "two"}) {
      MethodVisitor more =
          writer.visitMethod(Opcodes.ACC_PUBLIC | Opcodes.ACC_STATIC, unused, "()V", null, null);
      more.visitCode();
      more.visitInsn(Opcodes.RETURN);
      more.visitMaxs(0, 0);
    }
    writer.visitEnd();
    return writer.toByteArray();
  }

  private Map<String, byte[]> built(Path... classPath) throws IOException {
    Path jar = folder.resolve("agent.jar");
    AgentJar.build(List.of(classPath), jar, "1.2", TIME);
    Map<String, byte[]> entries = new TreeMap<>();
    try (var zip = new ZipFile(jar.toFile())) {
      for (ZipEntry entry : zip.stream().toList()) {
        entries.put(entry.getName(), zip.getInputStream(entry).readAllBytes());
      }
    }
    return entries;
  }

  @Test
  void keepsOursAndWhatTheyReachByNameStringOrService() throws IOException {
    Path ours =
        jar(
            "ours.jar",
            Map.of(
                "io/selvage/A.class",
                type("io/selvage/A", "lib/Called", "\"lib.Named"),
                "io/selvage/bootstrap/P.class",
                type("io/selvage/bootstrap/P")));
    Path lib =
        jar(
            "lib-1.jar",
            Map.of(
                "lib/Called.class", type("lib/Called", "lib/Service"),
                "lib/Named.class", type("lib/Named"),
                "lib/Service.class", type("lib/Service"),
                "lib/Provider.class", type("lib/Provider"),
                "lib/Unused.class", type("lib/Unused"),
                "META-INF/services/lib.Service", text("# ours\nlib.Provider # the one\n"),
                "META-INF/services/lib.Unused", text("lib.Nobody"),
                "META-INF/LICENSE", text("free")));
    assertThat(built(ours, lib).keySet())
        .containsExactlyInAnyOrder(
            "META-INF/MANIFEST.MF",
            "io/selvage/bootstrap/P.class",
            "inst/io/selvage/A.classdata",
            "inst/lib/Called.classdata",
            "inst/lib/Named.classdata",
            "inst/lib/Service.classdata",
            "inst/lib/Provider.classdata",
            "inst/META-INF/services/lib.Service",
            "inst/META-INF/licenses/lib-1/LICENSE",
            "inst/META-INF/selvage/seams.index",
            "inst/META-INF/selvage/version");
  }

  @Test
  void takesOfAMultiReleaseJarWhatJava17Sees() throws IOException {
    Path jar =
        jar(
            "multi.jar",
            Map.of(
                "io/selvage/A.txt", text("8"),
                "META-INF/versions/11/io/selvage/A.txt", text("11"),
                "META-INF/versions/17/io/selvage/A.txt", text("17"),
                "META-INF/versions/21/io/selvage/A.txt", text("21")));
    assertThat(built(jar).get("inst/io/selvage/A.txt")).asString().isEqualTo("17");
  }

  @Test
  void givesTheSameBytesForTheSameInput() throws IOException {
    Path classes = Files.createDirectories(folder.resolve("classes/io/selvage"));
    Path one = Files.write(classes.resolve("A.class"), type("io/selvage/A"));
    Files.write(classes.resolve("B.class"), type("io/selvage/B"));
    AgentJar.build(List.of(folder.resolve("classes")), folder.resolve("one.jar"), "1", TIME);
    Files.setLastModifiedTime(one, FileTime.fromMillis(0));
    AgentJar.build(List.of(folder.resolve("classes")), folder.resolve("two.jar"), "1", TIME);
    assertThat(folder.resolve("one.jar")).hasSameBinaryContentAs(folder.resolve("two.jar"));
  }

  @Test
  void refusesTwoDifferentClassesOfOneName() throws IOException {
    Path one = jar("one.jar", Map.of("lib/A.class", type("lib/A")));
    Path two = jar("two.jar", Map.of("lib/A.class", type("lib/A", "lib/B")));
    assertThatThrownBy(() -> built(one, two))
        .hasMessageContainingAll("lib/A.class", "one.jar", "two.jar");
  }

  @Test
  void mergesSeamsAndWritesReferences() throws IOException {
    Path one =
        jar(
            "one.jar",
            Map.of(
                "META-INF/selvage/a.seams",
                    text(
                        "instrumentation a\npackage io.selvage.a.\nlibrary g:l lib.\nseam lib.X#m io.selvage.a.Advice\n"),
                "io/selvage/a/Advice.class",
                    type("io/selvage/a/Advice", "lib/X", "io/selvage/a/More"),
                "io/selvage/a/More.class", type("io/selvage/a/More", "lib/Y")));
    Path two =
        jar(
            "two.jar",
            Map.of(
                "META-INF/selvage/b.seams",
                text("instrumentation b\npackage io.selvage.b.\nlibrary jdk -")));
    Map<String, byte[]> entries = built(one, two);
    assertThat(entries.get("inst/META-INF/selvage/a.refs"))
        .asString()
        .isEqualTo("lib/X run()V\nlib/Y run()V");
    assertThat(entries.get("inst/META-INF/selvage/seams.index"))
        .asString()
        .contains("instrumentation a", "instrumentation b");
    assertThat(entries.keySet()).noneMatch(name -> name.endsWith(".seams"));
  }

  @Test
  void refusesASeamWhoseAdviceIsNotThere() throws IOException {
    Path jar =
        jar(
            "one.jar",
            Map.of(
                "META-INF/selvage/a.seams",
                text("instrumentation a\npackage p.\nlibrary g:l lib.\nseam lib.X#m p.Gone")));
    assertThatThrownBy(() -> built(jar)).hasMessageContaining("instrumentation a names p.Gone");
  }

  @Test
  void keepsOfMessagesOnlyTheMethodsThatSomethingCalls() throws IOException {
    Path jar =
        jar(
            "one.jar",
            Map.of(
                "io/selvage/A.class", type("io/selvage/A", "io/envoyproxy/M#one"),
                "io/envoyproxy/M.class", type("io/envoyproxy/M"),
                "io/selvage/B.class", type("io/selvage/B")));
    Map<String, byte[]> entries = built(jar);
    assertThat(methods(entries.get("inst/io/envoyproxy/M.classdata"))).containsExactly("one");
    assertThat(methods(entries.get("inst/io/selvage/B.classdata")))
        .containsExactly("run", "one", "two");
  }

  private static List<String> methods(byte[] code) {
    var names = new ArrayList<String>();
    new ClassReader(code)
        .accept(
            new ClassVisitor(Opcodes.ASM9) {
              @Override
              public MethodVisitor visitMethod(
                  int access,
                  String name,
                  String descriptor,
                  String signature,
                  String[] exceptions) {
                names.add(name);
                return null;
              }
            },
            0);
    return names;
  }
}
