package io.selvage.tooling;

import net.bytebuddy.asm.AsmVisitorWrapper;
import net.bytebuddy.description.field.FieldDescription;
import net.bytebuddy.description.field.FieldList;
import net.bytebuddy.description.method.MethodList;
import net.bytebuddy.description.type.TypeDescription;
import net.bytebuddy.implementation.Implementation;
import net.bytebuddy.jar.asm.ClassVisitor;
import net.bytebuddy.jar.asm.ClassWriter;
import net.bytebuddy.jar.asm.Label;
import net.bytebuddy.jar.asm.MethodVisitor;
import net.bytebuddy.jar.asm.Opcodes;
import net.bytebuddy.pool.TypePool;
import org.jspecify.annotations.Nullable;

/**
 * Raises a class file below version 51 to 51, the first that may hold {@code invokedynamic}.
 *
 * <p>That is no corner case: Netty 4.1 is version 50. Below 50 there are no stack maps, so they are
 * computed. A class with {@code jsr} or {@code ret}, which version 51 forbids, is refused.
 */
final class RaiseClassFile extends AsmVisitorWrapper.AbstractBase {
  static final int FIRST_WITH_INVOKEDYNAMIC = 51;
  private static final int FIRST_WITH_FRAMES = 50;
  private final int version;

  RaiseClassFile(int version) {
    this.version = version;
  }

  /** The class can be raised in principle, but not this one. */
  static final class SubroutineException extends RuntimeException {
    private static final long serialVersionUID = 1;

    SubroutineException(String method) {
      super("method " + method + " uses jsr/ret, which class files that hold invokedynamic cannot");
    }
  }

  /** Major version of a class file. */
  static int versionOf(byte[] code) {
    return (code[6] & 0xff) << 8 | code[7] & 0xff;
  }

  @Override
  public int mergeWriter(int flags) {
    return version < FIRST_WITH_FRAMES ? flags | ClassWriter.COMPUTE_FRAMES : flags;
  }

  @Override
  public ClassVisitor wrap(
      TypeDescription type,
      ClassVisitor next,
      Implementation.Context context,
      TypePool pool,
      FieldList<FieldDescription.InDefinedShape> fields,
      MethodList<?> methods,
      int writerFlags,
      int readerFlags) {
    return new Raised(next);
  }

  private static final class Raised extends ClassVisitor {
    Raised(ClassVisitor next) {
      super(Opcodes.ASM9, next);
    }

    @Override
    public void visit(
        int version,
        int access,
        String name,
        @Nullable String signature,
        @Nullable String superName,
        String @Nullable [] interfaces) {
      super.visit(
          version & 0xffff0000 | FIRST_WITH_INVOKEDYNAMIC,
          access,
          name,
          signature,
          superName,
          interfaces);
    }

    @Override
    public @Nullable MethodVisitor visitMethod(
        int access,
        String name,
        String descriptor,
        @Nullable String signature,
        String @Nullable [] exceptions) {
      MethodVisitor method = super.visitMethod(access, name, descriptor, signature, exceptions);
      return method == null ? null : new Method(method, name);
    }
  }

  /**
   * Without a visitor of its own a method that stays as it is would be copied byte for byte:
   * without frames.
   */
  private static final class Method extends MethodVisitor {
    private final String name;

    Method(MethodVisitor next, String name) {
      super(Opcodes.ASM9, next);
      this.name = name;
    }

    @Override
    public void visitJumpInsn(int opcode, Label label) {
      if (opcode == Opcodes.JSR) {
        throw new SubroutineException(name);
      }
      super.visitJumpInsn(opcode, label);
    }

    @Override
    public void visitVarInsn(int opcode, int index) {
      if (opcode == Opcodes.RET) {
        throw new SubroutineException(name);
      }
      super.visitVarInsn(opcode, index);
    }
  }
}
