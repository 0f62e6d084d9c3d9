package io.selvage.tooling;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import net.bytebuddy.jar.asm.ClassReader;
import net.bytebuddy.jar.asm.ClassVisitor;
import net.bytebuddy.jar.asm.FieldVisitor;
import net.bytebuddy.jar.asm.MethodVisitor;
import net.bytebuddy.jar.asm.Opcodes;
import net.bytebuddy.jar.asm.Type;
import org.jspecify.annotations.Nullable;

/**
 * Collects what an instrumentation uses of its library: {@code owner member}, where member is empty
 * for the type itself, {@code name(args)result} for a method and {@code name:type} for a field. All
 * names are internal ones.
 *
 * <p>It starts at the advice classes and follows references inside the instrumentation, so what no
 * advice reaches does not count.
 */
public final class ReferenceCollector {
  private final SeamFile file;
  private final Function<String, byte @Nullable []> classFiles;
  private final Set<String> references = new TreeSet<>();
  private final Set<String> seen = new HashSet<>();
  private final Deque<String> open = new ArrayDeque<>();

  private ReferenceCollector(SeamFile file, Function<String, byte @Nullable []> classFiles) {
    this.file = file;
    this.classFiles = classFiles;
  }

  /**
   * The sorted references of one instrumentation.
   *
   * @param classFiles gives a class file by binary name, or {@code null}
   */
  public static Set<String> collect(SeamFile file, Function<String, byte @Nullable []> classFiles) {
    var collector = new ReferenceCollector(file, classFiles);
    file.seams().forEach(seam -> collector.own(seam.advice()));
    file.inside().forEach(collector::own);
    collector.drain();
    return collector.references;
  }

  private void own(String dotted) {
    if (seen.add(dotted)) {
      open.add(dotted);
    }
  }

  private void drain() {
    for (String next = open.poll(); next != null; next = open.poll()) {
      byte[] code = classFiles.apply(next);
      if (code != null) {
        new ClassReader(code)
            .accept(new OfClass(), ClassReader.SKIP_DEBUG | ClassReader.SKIP_FRAMES);
      }
    }
  }

  private void type(@Nullable String internalName) {
    if (internalName != null) {
      member(internalName, "");
    }
  }

  private void types(String descriptor) {
    if (descriptor.startsWith("(")) {
      for (Type argument : Type.getArgumentTypes(descriptor)) {
        type(element(argument));
      }
      type(element(Type.getReturnType(descriptor)));
    } else {
      type(element(Type.getType(descriptor)));
    }
  }

  private static @Nullable String element(Type type) {
    Type element = type.getSort() == Type.ARRAY ? type.getElementType() : type;
    return element.getSort() == Type.OBJECT ? element.getInternalName() : null;
  }

  private void member(String owner, String member) {
    if (owner.startsWith("[")) {
      type(element(Type.getObjectType(owner)));
      return;
    }
    String dotted = owner.replace('/', '.');
    if (file.owns(dotted)) {
      own(dotted);
    } else if (!file.inside().contains(dotted)
        && file.libraries().stream()
            .anyMatch(library -> dotted.startsWith(library.packagePrefix()))) {
      references.add(owner + " " + member);
    }
  }

  private final class OfClass extends ClassVisitor {
    OfClass() {
      super(Opcodes.ASM9);
    }

    @Override
    public void visit(
        int version,
        int access,
        String name,
        @Nullable String signature,
        @Nullable String superName,
        String @Nullable [] interfaces) {
      type(superName);
      for (String each : interfaces == null ? new String[0] : interfaces) {
        type(each);
      }
    }

    @Override
    public @Nullable FieldVisitor visitField(
        int access,
        String name,
        String descriptor,
        @Nullable String signature,
        @Nullable Object value) {
      types(descriptor);
      return null;
    }

    @Override
    public MethodVisitor visitMethod(
        int access,
        String name,
        String descriptor,
        @Nullable String signature,
        String @Nullable [] exceptions) {
      types(descriptor);
      return new OfMethod();
    }
  }

  private final class OfMethod extends MethodVisitor {
    OfMethod() {
      super(Opcodes.ASM9);
    }

    @Override
    public void visitMethodInsn(
        int opcode, String owner, String name, String descriptor, boolean isInterface) {
      member(owner, name + descriptor);
    }

    @Override
    public void visitFieldInsn(int opcode, String owner, String name, String descriptor) {
      member(owner, name + ":" + descriptor);
    }

    @Override
    public void visitTypeInsn(int opcode, String internalName) {
      member(internalName, "");
    }

    @Override
    public void visitInvokeDynamicInsn(
        String name,
        String descriptor,
        net.bytebuddy.jar.asm.Handle bootstrap,
        Object... arguments) {
      types(descriptor);
      for (Object argument : arguments) {
        if (argument instanceof net.bytebuddy.jar.asm.Handle handle) {
          boolean field = handle.getTag() <= Opcodes.H_PUTSTATIC;
          member(handle.getOwner(), handle.getName() + (field ? ":" : "") + handle.getDesc());
        }
      }
    }

    @Override
    public void visitLdcInsn(Object value) {
      if (value instanceof Type type && type.getSort() != Type.METHOD) {
        type(element(type));
      }
    }
  }
}
