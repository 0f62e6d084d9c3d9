package io.selvage.tooling;

import net.bytebuddy.jar.asm.AnnotationVisitor;
import net.bytebuddy.jar.asm.ClassReader;
import net.bytebuddy.jar.asm.ClassVisitor;
import net.bytebuddy.jar.asm.ClassWriter;
import net.bytebuddy.jar.asm.MethodVisitor;
import net.bytebuddy.jar.asm.Opcodes;
import net.bytebuddy.jar.asm.Type;
import org.jspecify.annotations.Nullable;

/**
 * The class file of an advice class as the weaver reads it: {@code inline = false} always, and
 * {@code suppress = Throwable.class} unless the author said otherwise.
 *
 * <p>So an author cannot forget them; the class that is loaded later is the author's own.
 */
final class AdviceClassFile {
  private static final String ENTER = "Lnet/bytebuddy/asm/Advice$OnMethodEnter;";
  private static final String EXIT = "Lnet/bytebuddy/asm/Advice$OnMethodExit;";

  private AdviceClassFile() {}

  /**
   * With the defaults filled in; code and debug information are left out, as only declarations are
   * read.
   */
  static byte[] withDefaults(byte[] code) {
    var writer = new ClassWriter(0);
    new ClassReader(code)
        .accept(new Declarations(writer), ClassReader.SKIP_CODE | ClassReader.SKIP_DEBUG);
    return writer.toByteArray();
  }

  private static final class Declarations extends ClassVisitor {
    Declarations(ClassVisitor next) {
      super(Opcodes.ASM9, next);
    }

    @Override
    public MethodVisitor visitMethod(
        int access,
        String name,
        String descriptor,
        @Nullable String signature,
        String @Nullable [] exceptions) {
      return new MethodVisitor(
          Opcodes.ASM9, super.visitMethod(access, name, descriptor, signature, exceptions)) {
        @Override
        public AnnotationVisitor visitAnnotation(String type, boolean visible) {
          AnnotationVisitor next = super.visitAnnotation(type, visible);
          return type.equals(ENTER) || type.equals(EXIT) ? new Defaults(next) : next;
        }
      };
    }
  }

  private static final class Defaults extends AnnotationVisitor {
    private boolean suppress;

    Defaults(AnnotationVisitor next) {
      super(Opcodes.ASM9, next);
    }

    @Override
    public void visit(String name, Object value) {
      suppress |= name.equals("suppress");
      if (!name.equals("inline")) {
        super.visit(name, value);
      }
    }

    @Override
    public void visitEnd() {
      super.visit("inline", false);
      if (!suppress) {
        super.visit("suppress", Type.getObjectType("java/lang/Throwable"));
      }
      super.visitEnd();
    }
  }
}
