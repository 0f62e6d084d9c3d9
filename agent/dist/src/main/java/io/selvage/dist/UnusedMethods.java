package io.selvage.dist;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.bytebuddy.jar.asm.ClassReader;
import net.bytebuddy.jar.asm.ClassVisitor;
import net.bytebuddy.jar.asm.ClassWriter;
import net.bytebuddy.jar.asm.Handle;
import net.bytebuddy.jar.asm.MethodVisitor;
import net.bytebuddy.jar.asm.Opcodes;
import org.jspecify.annotations.Nullable;

/**
 * Takes out methods that nothing calls, of generated Protobuf messages and of Kotlin's function
 * libraries: most of their bulk.
 *
 * <p>Careful on purpose: a method counts as called if any live method anywhere calls one of that
 * name and descriptor, in whatever class. So overriding needs no thought, except by the JDK: for
 * that, names that it calls stay, and of Kotlin only static methods go.
 */
final class UnusedMethods {
  private static final List<String> MESSAGES =
      List.of(
          "io/envoyproxy/",
          "com/github/xds/",
          "com/google/api/",
          "com/google/rpc/",
          "xds/",
          "udpa/",
          "validate/",
          "istio/");
  private static final String KOTLIN = "kotlin/";
  private static final Set<String> CALLED_BY_THE_JDK =
      Set.of(
          "<init>",
          "<clinit>",
          "values",
          "valueOf",
          "$values",
          "toString",
          "equals",
          "hashCode",
          "compareTo",
          "iterator",
          "dynamicMethod");

  private final Map<String, List<Set<String>>> optional = new HashMap<>();
  private final Set<String> called = new HashSet<>();
  private final Deque<String> open = new ArrayDeque<>();

  private UnusedMethods() {}

  /** Removes, in place. */
  static void remove(Map<String, byte[]> entries) {
    var unused = new UnusedMethods();
    entries.forEach(
        (name, code) -> {
          if (name.endsWith(".class")) {
            new ClassReader(code)
                .accept(unused.new Calls(name), ClassReader.SKIP_DEBUG | ClassReader.SKIP_FRAMES);
          }
        });
    unused.drain();
    entries.replaceAll(
        (name, code) ->
            name.endsWith(".class") && isPrunable(name) ? unused.pruned(name, code) : code);
  }

  private void drain() {
    for (String next = open.poll(); next != null; next = open.poll()) {
      for (Set<String> calls : optional.getOrDefault(next, List.of())) {
        calls.forEach(this::call);
      }
    }
  }

  private void call(String method) {
    if (called.add(method)) {
      open.add(method);
    }
  }

  private byte[] pruned(String entry, byte[] code) {
    var writer = new ClassWriter(0);
    new ClassReader(code)
        .accept(
            new ClassVisitor(Opcodes.ASM9, writer) {
              @Override
              public @Nullable MethodVisitor visitMethod(
                  int access,
                  String name,
                  String descriptor,
                  @Nullable String signature,
                  String @Nullable [] exceptions) {
                boolean goes =
                    isOptional(entry, access, name) && !called.contains(name + descriptor);
                return goes
                    ? null
                    : super.visitMethod(access, name, descriptor, signature, exceptions);
              }
            },
            0);
    return writer.toByteArray();
  }

  private static boolean isPrunable(String entry) {
    return entry.startsWith(KOTLIN) || MESSAGES.stream().anyMatch(entry::startsWith);
  }

  private static boolean isOptional(String entry, int access, String method) {
    if (CALLED_BY_THE_JDK.contains(method)) {
      return false;
    }
    return entry.startsWith(KOTLIN) ? (access & Opcodes.ACC_STATIC) != 0 : isPrunable(entry);
  }

  /** Remembers what an optional method calls, and follows at once what any other does. */
  private final class Calls extends ClassVisitor {
    private final String entry;

    Calls(String entry) {
      super(Opcodes.ASM9);
      this.entry = entry;
    }

    @Override
    public MethodVisitor visitMethod(
        int access,
        String name,
        String descriptor,
        @Nullable String signature,
        String @Nullable [] exceptions) {
      Set<String> calls = new HashSet<>();
      boolean waits = isOptional(entry, access, name);
      if (waits) {
        optional.computeIfAbsent(name + descriptor, k -> new ArrayList<>()).add(calls);
      }
      return new MethodVisitor(Opcodes.ASM9) {
        private void add(String method) {
          if (waits) {
            calls.add(method);
          } else {
            call(method);
          }
        }

        @Override
        public void visitMethodInsn(
            int opcode, String owner, String called, String type, boolean isInterface) {
          add(called + type);
        }

        @Override
        public void visitInvokeDynamicInsn(
            String site, String type, Handle bootstrap, Object... arguments) {
          for (Object argument : arguments) {
            if (argument instanceof Handle handle) {
              add(handle.getName() + handle.getDesc());
            }
          }
        }

        @Override
        public void visitLdcInsn(Object value) {
          if (value instanceof Handle handle) {
            add(handle.getName() + handle.getDesc());
          }
        }
      };
    }
  }
}
