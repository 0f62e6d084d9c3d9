package io.selvage.dist;

import io.selvage.tooling.bundled.BundledUnsafe;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
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
 * Puts a class of ours in the place of {@code sun.misc.Unsafe}, with the methods that bundled
 * libraries call.
 */
final class UnsafeBridge {
  private static final String SUN = "sun/misc/Unsafe";
  private static final String INTERNAL = "jdk/internal/misc/Unsafe";
  private static final String PARENT = Type.getInternalName(BundledUnsafe.class);
  private static final String OURS = BundledUnsafe.GENERATED.replace('.', '/');

  private final Set<String> methods = new TreeSet<>();
  private final Set<String> arrayOffsets = new TreeSet<>();

  private boolean used;

  private UnsafeBridge() {}

  /**
   * Rewrites the class files that name it, and adds the class.
   *
   * @throws IllegalStateException if something of it is used that the stand-in cannot have
   */
  static void build(Map<String, byte[]> entries) {
    var bridge = new UnsafeBridge();
    byte[] name = SUN.getBytes(StandardCharsets.US_ASCII);
    entries.replaceAll(
        (entry, content) ->
            entry.endsWith(".class")
                    && !entry.startsWith("io/selvage/")
                    && BundledLogging.names(content, name)
                ? bridge.rewritten(content)
                : content);
    if (bridge.used) {
      entries.put(OURS + ".class", bridge.generated());
    }
  }

  private byte[] rewritten(byte[] code) {
    used = true;
    var writer = new ClassWriter(0);
    new ClassReader(code)
        .accept(
            new Uses(new ClassRemapper(writer, new SimpleRemapper(Opcodes.ASM9, SUN, OURS))), 0);
    return writer.toByteArray();
  }

  private byte[] generated() {
    var writer = new ClassWriter(ClassWriter.COMPUTE_MAXS);
    writer.visit(
        Opcodes.V17,
        Opcodes.ACC_PUBLIC | Opcodes.ACC_FINAL | Opcodes.ACC_SUPER,
        OURS,
        null,
        PARENT,
        null);
    writer
        .visitField(
            Opcodes.ACC_PRIVATE | Opcodes.ACC_STATIC | Opcodes.ACC_FINAL,
            "theUnsafe",
            "L" + OURS + ";",
            null,
            null)
        .visitEnd();
    writer
        .visitField(
            Opcodes.ACC_PRIVATE | Opcodes.ACC_STATIC | Opcodes.ACC_FINAL,
            "INTERNAL",
            "L" + INTERNAL + ";",
            null,
            null)
        .visitEnd();
    for (String offset : arrayOffsets) {
      writer
          .visitField(
              Opcodes.ACC_PUBLIC | Opcodes.ACC_STATIC | Opcodes.ACC_FINAL, offset, "I", null, null)
          .visitEnd();
    }
    initialiser(writer);
    MethodVisitor constructor =
        writer.visitMethod(Opcodes.ACC_PRIVATE, "<init>", "()V", null, null);
    constructor.visitCode();
    constructor.visitVarInsn(Opcodes.ALOAD, 0);
    constructor.visitMethodInsn(Opcodes.INVOKESPECIAL, PARENT, "<init>", "()V", false);
    constructor.visitInsn(Opcodes.RETURN);
    constructor.visitMaxs(0, 0);
    MethodVisitor getUnsafe =
        writer.visitMethod(
            Opcodes.ACC_PUBLIC | Opcodes.ACC_STATIC, "getUnsafe", "()L" + OURS + ";", null, null);
    getUnsafe.visitCode();
    getUnsafe.visitFieldInsn(Opcodes.GETSTATIC, OURS, "theUnsafe", "L" + OURS + ";");
    getUnsafe.visitInsn(Opcodes.ARETURN);
    getUnsafe.visitMaxs(0, 0);
    for (String method : methods) {
      delegating(
          writer, method.substring(0, method.indexOf('(')), method.substring(method.indexOf('(')));
    }
    writer.visitEnd();
    return writer.toByteArray();
  }

  private void initialiser(ClassWriter writer) {
    MethodVisitor code = writer.visitMethod(Opcodes.ACC_STATIC, "<clinit>", "()V", null, null);
    code.visitCode();
    code.visitMethodInsn(
        Opcodes.INVOKESTATIC, INTERNAL, "getUnsafe", "()L" + INTERNAL + ";", false);
    code.visitFieldInsn(Opcodes.PUTSTATIC, OURS, "INTERNAL", "L" + INTERNAL + ";");
    code.visitTypeInsn(Opcodes.NEW, OURS);
    code.visitInsn(Opcodes.DUP);
    code.visitMethodInsn(Opcodes.INVOKESPECIAL, OURS, "<init>", "()V", false);
    code.visitFieldInsn(Opcodes.PUTSTATIC, OURS, "theUnsafe", "L" + OURS + ";");
    for (String offset : arrayOffsets) { // ARRAY_BYTE_BASE_OFFSET
      String element =
          offset.substring("ARRAY_".length(), offset.length() - "_BASE_OFFSET".length());
      code.visitFieldInsn(Opcodes.GETSTATIC, OURS, "theUnsafe", "L" + OURS + ";");
      code.visitLdcInsn(Type.getType("[" + elementDescriptor(element)));
      code.visitMethodInsn(
          Opcodes.INVOKEVIRTUAL, OURS, "arrayBaseOffset", "(Ljava/lang/Class;)I", false);
      code.visitFieldInsn(Opcodes.PUTSTATIC, OURS, offset, "I");
    }
    code.visitInsn(Opcodes.RETURN);
    code.visitMaxs(0, 0);
  }

  private static String elementDescriptor(String element) {
    return switch (element) {
      case "BOOLEAN" -> "Z";
      case "BYTE" -> "B";
      case "CHAR" -> "C";
      case "SHORT" -> "S";
      case "INT" -> "I";
      case "LONG" -> "J";
      case "FLOAT" -> "F";
      case "DOUBLE" -> "D";
      case "OBJECT" -> "Ljava/lang/Object;";
      default ->
          throw new IllegalStateException(
              "sun.misc.Unsafe has a constant for arrays of "
                  + element
                  + " that the agent cannot stand in for");
    };
  }

  private static void delegating(ClassWriter writer, String name, String descriptor) {
    MethodVisitor code = writer.visitMethod(Opcodes.ACC_PUBLIC, name, descriptor, null, null);
    code.visitCode();
    code.visitFieldInsn(Opcodes.GETSTATIC, OURS, "INTERNAL", "L" + INTERNAL + ";");
    int local = 1;
    for (Type argument : Type.getArgumentTypes(descriptor)) {
      code.visitVarInsn(argument.getOpcode(Opcodes.ILOAD), local);
      local += argument.getSize();
    }
    code.visitMethodInsn(Opcodes.INVOKEVIRTUAL, INTERNAL, internal(name), descriptor, false);
    code.visitInsn(Type.getReturnType(descriptor).getOpcode(Opcodes.IRETURN));
    code.visitMaxs(0, 0);
  }

  /** What the JDK calls it inside. */
  private static String internal(String name) {
    return name.replaceFirst("^compareAndSwap", "compareAndSet")
        .replaceFirst("^putOrdered(.*)$", "put$1Release")
        .replaceFirst("Object(?=$|Volatile$|Release$)", "Reference");
  }

  private final class Uses extends ClassVisitor {
    Uses(ClassVisitor next) {
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
        public void visitMethodInsn(
            int opcode, String owner, String method, String type, boolean isInterface) {
          if (owner.equals(SUN) && !method.equals("arrayBaseOffset")) {
            if (!method.equals("getUnsafe")) {
              methods.add(method + type);
            }
          }
          super.visitMethodInsn(opcode, owner, method, type, isInterface);
        }

        @Override
        public void visitFieldInsn(int opcode, String owner, String field, String type) {
          if (owner.equals(SUN)) {
            if (!field.matches("ARRAY_[A-Z]+_BASE_OFFSET")) {
              throw new IllegalStateException(
                  "a bundled library uses Unsafe."
                      + field
                      + ", which the agent cannot stand in for");
            }
            arrayOffsets.add(field);
          }
          super.visitFieldInsn(opcode, owner, field, type);
        }
      };
    }
  }
}
