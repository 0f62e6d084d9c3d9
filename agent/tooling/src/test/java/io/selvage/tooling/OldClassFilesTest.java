package io.selvage.tooling;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import net.bytebuddy.jar.asm.ClassWriter;
import net.bytebuddy.jar.asm.Label;
import net.bytebuddy.jar.asm.MethodVisitor;
import net.bytebuddy.jar.asm.Opcodes;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Classes from before invokedynamic: without frames, with optional frames, with subroutines. */
class OldClassFilesTest {
  @BeforeAll
  static void weave() {
    assertThat(Woven.WEAVING).isNotNull();
  }

  @ParameterizedTest
  @ValueSource(ints = {46, 49, 50})
  void areRaisedAndWoven(int version) throws IOException {
    String name = "sample.old.V" + version;
    var loader = new IsolatedLoader().add(name, classOf(version, name));
    assertThat(loader.call(name, "text", true)).isEqualTo("list woven");
    assertThat(loader.call(name, "untouched", false))
        .as("a method without advice, with a merge of types")
        .isEqualTo("set");
  }

  @Test
  void withSubroutinesAreLeftAloneAndNamed() throws IOException {
    String name = "sample.old.Subroutine";
    var loader = new IsolatedLoader().add(name, withSubroutine(name));
    assertThat(loader.call(name, "text")).isEqualTo("plain");
    assertThat(Woven.status(name, "$Beside").reason()).contains("jsr/ret");
  }

  /**
   * {@code static String text(boolean b) { Collection c = b ? new ArrayList() : new HashSet();
   * return c instanceof List ? "list" : "set"; }}, twice.
   */
  private static byte[] classOf(int version, String name) {
    var writer =
        new ClassWriter(version < 50 ? ClassWriter.COMPUTE_MAXS : ClassWriter.COMPUTE_FRAMES);
    writer.visit(
        version,
        Opcodes.ACC_PUBLIC | Opcodes.ACC_SUPER,
        name.replace('.', '/'),
        null,
        "java/lang/Object",
        null);
    for (String method : new String[] {"text", "untouched"}) {
      MethodVisitor code =
          writer.visitMethod(
              Opcodes.ACC_PUBLIC | Opcodes.ACC_STATIC, method, "(Z)Ljava/lang/String;", null, null);
      code.visitCode();
      var otherwise = new Label();
      var joined = new Label();
      code.visitVarInsn(Opcodes.ILOAD, 0);
      code.visitJumpInsn(Opcodes.IFEQ, otherwise);
      make(code, "java/util/ArrayList");
      code.visitJumpInsn(Opcodes.GOTO, joined);
      code.visitLabel(otherwise);
      make(code, "java/util/HashSet");
      code.visitLabel(joined);
      code.visitTypeInsn(Opcodes.INSTANCEOF, "java/util/List");
      var set = new Label();
      code.visitJumpInsn(Opcodes.IFEQ, set);
      code.visitLdcInsn("list");
      code.visitInsn(Opcodes.ARETURN);
      code.visitLabel(set);
      code.visitLdcInsn("set");
      code.visitInsn(Opcodes.ARETURN);
      code.visitMaxs(0, 0);
      code.visitEnd();
    }
    writer.visitEnd();
    return writer.toByteArray();
  }

  private static void make(MethodVisitor code, String type) {
    code.visitTypeInsn(Opcodes.NEW, type);
    code.visitInsn(Opcodes.DUP);
    code.visitMethodInsn(Opcodes.INVOKESPECIAL, type, "<init>", "()V", false);
  }

  private static byte[] withSubroutine(String name) {
    var writer = new ClassWriter(ClassWriter.COMPUTE_MAXS);
    writer.visit(
        46,
        Opcodes.ACC_PUBLIC | Opcodes.ACC_SUPER,
        name.replace('.', '/'),
        null,
        "java/lang/Object",
        null);
    MethodVisitor code =
        writer.visitMethod(
            Opcodes.ACC_PUBLIC | Opcodes.ACC_STATIC, "text", "()Ljava/lang/String;", null, null);
    code.visitCode();
    var subroutine = new Label();
    code.visitJumpInsn(Opcodes.JSR, subroutine);
    code.visitLdcInsn("plain");
    code.visitInsn(Opcodes.ARETURN);
    code.visitLabel(subroutine);
    code.visitVarInsn(Opcodes.ASTORE, 0);
    code.visitVarInsn(Opcodes.RET, 0);
    code.visitMaxs(0, 0);
    code.visitEnd();
    writer.visitEnd();
    return writer.toByteArray();
  }
}
