package io.selvage.dist;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import net.bytebuddy.jar.asm.AnnotationVisitor;
import net.bytebuddy.jar.asm.ClassReader;
import net.bytebuddy.jar.asm.ClassVisitor;
import net.bytebuddy.jar.asm.ClassWriter;
import net.bytebuddy.jar.asm.FieldVisitor;
import net.bytebuddy.jar.asm.Label;
import net.bytebuddy.jar.asm.MethodVisitor;
import net.bytebuddy.jar.asm.Opcodes;
import net.bytebuddy.jar.asm.commons.ClassRemapper;
import net.bytebuddy.jar.asm.commons.Remapper;
import org.jspecify.annotations.Nullable;

/**
 * Leaves out the classes of bundled libraries that nothing of ours reaches, and the names of local
 * variables of those that stay.
 *
 * <p>Reached is what a class that stays names anywhere but in annotations, what a string constant
 * of it spells like a class name (for {@code Class.forName}), and each provider in {@code
 * META-INF/services} whose service stays. All of our own classes stay.
 */
final class Reachable {
  private static final String OURS = "io/selvage/";
  private static final String SERVICES = "META-INF/services/";

  private final Map<String, byte[]> entries;
  private final Set<String> reached = new HashSet<>();
  private final Deque<String> open = new ArrayDeque<>();

  private Reachable(Map<String, byte[]> entries) {
    this.entries = entries;
  }

  /** Removes and slims, in place. */
  static void keepOnly(Map<String, byte[]> entries) {
    var reachable = new Reachable(entries);
    entries.keySet().stream()
        .filter(
            name -> name.endsWith(".class") && (name.startsWith(OURS) || name.startsWith("java/")))
        .forEach(reachable::reach);
    reachable.drain();
    entries.keySet().removeIf(name -> name.endsWith(".class") && !reachable.reached.contains(name));
    entries
        .keySet()
        .removeIf(
            name ->
                name.startsWith(SERVICES)
                    && !reachable.isReached(name.substring(SERVICES.length())));
  }

  /** Services of the JDK count: their provider files are read by the JDK or by our own code. */
  private boolean isReached(String service) {
    return service.startsWith("java") || reached.contains(classFile(service));
  }

  private static String classFile(String dotted) {
    return dotted.replace('.', '/') + ".class";
  }

  private void reach(String entry) {
    if (entries.containsKey(entry) && reached.add(entry)) {
      open.add(entry);
    }
  }

  private void drain() {
    for (String next = open.poll(); next != null; next = open.poll()) {
      entries.computeIfPresent(next, (name, code) -> slim(code));
      byte[] providers =
          entries.get(
              SERVICES + next.substring(0, next.length() - ".class".length()).replace('/', '.'));
      if (providers != null) {
        new String(providers, StandardCharsets.UTF_8)
            .lines()
            .map(line -> line.replaceFirst("#.*", "").strip())
            .filter(line -> !line.isEmpty())
            .forEach(provider -> reach(classFile(provider)));
      }
    }
  }

  private byte[] slim(byte[] code) {
    var writer = new ClassWriter(0);
    new ClassReader(code).accept(new WithoutLocals(writer), 0);
    new ClassReader(code)
        .accept(
            new WithoutAnnotations(new ClassRemapper(new ClassWriter(0), new Names())),
            ClassReader.SKIP_DEBUG);
    return writer.toByteArray();
  }

  /** Hears of every class that is named. */
  private final class Names extends Remapper {
    Names() {
      super(Opcodes.ASM9);
    }

    @Override
    public String map(String internalName) {
      reach(internalName + ".class");
      return internalName;
    }

    @Override
    public Object mapValue(Object value) {
      if (value instanceof String text
          && !text.isEmpty()
          && text.length() < 200
          && text.indexOf(' ') < 0) {
        reach(classFile(text));
      }
      return super.mapValue(value);
    }
  }

  private static final class WithoutLocals extends ClassVisitor {
    WithoutLocals(ClassVisitor next) {
      super(Opcodes.ASM9, next);
    }

    /**
     * Kotlin's own description of a class is as large as its code, and only Kotlin's reflection
     * reads it.
     */
    @Override
    public @Nullable AnnotationVisitor visitAnnotation(String descriptor, boolean visible) {
      return descriptor.equals("Lkotlin/Metadata;")
          ? null
          : super.visitAnnotation(descriptor, visible);
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
        public void visitLocalVariable(
            String local,
            String type,
            @Nullable String generic,
            Label start,
            Label end,
            int index) {}

        @Override
        public void visitParameter(@Nullable String parameter, int flags) {}
      };
    }
  }

  /**
   * Leaves out annotations, and the lists of nested classes: they name classes that the code may
   * never use.
   */
  private final class WithoutAnnotations extends ClassVisitor {
    private String itself = "";

    WithoutAnnotations(ClassVisitor next) {
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
      itself = name;
      super.visit(version, access, name, signature, superName, interfaces);
    }

    @Override
    public void visitInnerClass(
        String name, @Nullable String outer, @Nullable String simple, int access) {
      if (name.equals(itself) && outer != null) {
        reach(outer + ".class"); // reflection asks for it
      }
    }

    @Override
    public void visitNestMember(String member) {}

    @Override
    public void visitPermittedSubclass(String subclass) {}

    @Override
    public @Nullable AnnotationVisitor visitAnnotation(String descriptor, boolean visible) {
      return null;
    }

    @Override
    public FieldVisitor visitField(
        int access,
        String name,
        String descriptor,
        @Nullable String signature,
        @Nullable Object value) {
      return new FieldVisitor(
          Opcodes.ASM9, super.visitField(access, name, descriptor, signature, value)) {
        @Override
        public @Nullable AnnotationVisitor visitAnnotation(String type, boolean visible) {
          return null;
        }
      };
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
        public @Nullable AnnotationVisitor visitAnnotation(String type, boolean visible) {
          return null;
        }

        @Override
        public @Nullable AnnotationVisitor visitParameterAnnotation(
            int parameter, String type, boolean visible) {
          return null;
        }
      };
    }
  }
}
