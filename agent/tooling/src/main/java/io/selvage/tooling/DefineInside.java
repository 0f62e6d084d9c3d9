package io.selvage.tooling;

import java.lang.invoke.MethodHandles;
import java.util.TreeSet;
import net.bytebuddy.jar.asm.ClassReader;
import net.bytebuddy.jar.asm.ClassWriter;
import net.bytebuddy.jar.asm.Opcodes;
import net.bytebuddy.jar.asm.commons.ClassRemapper;
import net.bytebuddy.jar.asm.commons.Remapper;
import org.jspecify.annotations.Nullable;

/**
 * Defines classes of an instrumentation in a package of the library, where they reach what is
 * package-private. Thread-safe.
 *
 * <p>They get there by the woven class's own lookup, into its loader, module and protection domain.
 * They see the library and the JDK, but neither the engine nor the instrumentation; the
 * instrumentation names them like any other class. The lookup never leaves this package: whoever
 * holds it holds the library's private parts.
 */
final class DefineInside {
  private final ClassLoader agent;

  DefineInside(ClassLoader agent) {
    this.agent = agent;
  }

  /** Defines those that are not there yet. */
  void define(SeamFile file, Relocation relocation, MethodHandles.Lookup caller)
      throws ReflectiveOperationException {
    ClassLoader loader = caller.lookupClass().getClassLoader();
    for (String name : file.inside()) {
      String mapped = relocation.mapDotted(name);
      if (loader != null && loaded(mapped, loader) == null) {
        byte[] code = ClassFiles.read(agent, name);
        if (code == null) {
          throw new ClassNotFoundException(
              name + " is declared by 'define' but the agent does not have it");
        }
        define(relocation.map(code), mapped, caller, loader);
      }
    }
  }

  private static void define(
      byte[] code, String name, MethodHandles.Lookup caller, ClassLoader loader)
      throws ReflectiveOperationException {
    MethodHandles.Lookup lookup = caller;
    if (!caller.lookupClass().getPackageName().equals(packageOf(name))) {
      lookup = MethodHandles.privateLookupIn(neighbour(code, name, loader), caller);
    }
    try {
      lookup.defineClass(code);
    } catch (LinkageError e) {
      if (loaded(name, loader) == null) { // else another thread was faster
        throw e;
      }
    }
  }

  private static @Nullable Class<?> loaded(String name, ClassLoader loader) {
    try {
      return Class.forName(name, false, loader);
    } catch (ClassNotFoundException e) {
      return null;
    }
  }

  /**
   * A class of the library in the same package: what reaches for package-private members names at
   * least one.
   */
  private static Class<?> neighbour(byte[] code, String name, ClassLoader loader)
      throws ClassNotFoundException {
    var named = new TreeSet<String>();
    new ClassReader(code)
        .accept(
            new ClassRemapper(
                new ClassWriter(0),
                new Remapper(Opcodes.ASM9) {
                  @Override
                  public String map(String internalName) {
                    named.add(internalName.replace('/', '.'));
                    return internalName;
                  }
                }),
            0);
    for (String each : named) {
      if (packageOf(each).equals(packageOf(name))
          && !each.equals(name)
          && !each.startsWith(name + "$")) {
        return Class.forName(each, false, loader);
      }
    }
    throw new ClassNotFoundException(
        name + " names no class of its package, so there is no way into that package");
  }

  private static String packageOf(String dotted) {
    int dot = dotted.lastIndexOf('.');
    return dot < 0 ? "" : dotted.substring(0, dot);
  }
}
