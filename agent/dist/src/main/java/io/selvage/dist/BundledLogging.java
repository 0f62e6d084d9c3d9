package io.selvage.dist;

import io.selvage.tooling.bundled.BundledLogger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import net.bytebuddy.jar.asm.ClassReader;
import net.bytebuddy.jar.asm.ClassVisitor;
import net.bytebuddy.jar.asm.ClassWriter;
import net.bytebuddy.jar.asm.MethodVisitor;
import net.bytebuddy.jar.asm.Opcodes;
import net.bytebuddy.jar.asm.Type;
import net.bytebuddy.jar.asm.commons.ClassRemapper;
import net.bytebuddy.jar.asm.commons.SimpleRemapper;
import org.jspecify.annotations.Nullable;

/**
 * Lets bundled libraries log to {@link BundledLogger} instead of {@code java.util.logging}: the
 * JDK's log manager is initialised once, and the application must be the one to do it.
 */
final class BundledLogging {
  private static final String JUL = "java/util/logging/Logger";
  private static final String OURS = Type.getInternalName(BundledLogger.class);

  private BundledLogging() {}

  /**
   * Rewrites the class files that name the JDK's logger.
   *
   * @throws IllegalStateException if one calls a method that ours does not have
   */
  static void redirect(Map<String, byte[]> entries) {
    Set<String> missing = new TreeSet<>();
    Set<String> methods =
        Arrays.stream(BundledLogger.class.getMethods())
            .map(m -> m.getName() + Type.getMethodDescriptor(m))
            .collect(Collectors.toSet());
    byte[] jul = JUL.getBytes(StandardCharsets.US_ASCII);
    entries.replaceAll(
        (name, content) -> {
          if (!name.endsWith(".class") || name.equals(OURS + ".class") || !names(content, jul)) {
            return content;
          }
          var writer = new ClassWriter(0);
          new ClassReader(content)
              .accept(
                  new ClassRemapper(
                      new Calls(writer, methods, missing),
                      new SimpleRemapper(Opcodes.ASM9, JUL, OURS)),
                  0);
          return writer.toByteArray();
        });
    if (!missing.isEmpty()) {
      throw new IllegalStateException(
          "bundled libraries use methods of the JDK's logger that ours lacks: " + missing);
    }
  }

  /** Whether a class file has these bytes, as a constant would. */
  static boolean names(byte[] classFile, byte[] name) {
    for (int i = 0; i <= classFile.length - name.length; i++) {
      if (classFile[i] == name[0]
          && Arrays.equals(classFile, i, i + name.length, name, 0, name.length)) {
        return true;
      }
    }
    return false;
  }

  private static final class Calls extends ClassVisitor {
    private final Set<String> methods;
    private final Set<String> missing;

    Calls(ClassVisitor next, Set<String> methods, Set<String> missing) {
      super(Opcodes.ASM9, next);
      this.methods = methods;
      this.missing = missing;
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
        public void visitMethodInsn(
            int opcode, String owner, String method, String type, boolean isInterface) {
          if (owner.equals(OURS) && !methods.contains(method + type)) {
            missing.add(method + type);
          }
          super.visitMethodInsn(opcode, owner, method, type, isInterface);
        }
      };
    }
  }
}
