package io.selvage.tooling;

import java.lang.instrument.Instrumentation;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * Lets an instrumentation see the packages of its library that a named module of the application
 * does not export. Thread-safe.
 *
 * <p>The JDK's own modules stay as they are: what they do not export, advice takes as {@code
 * Object}.
 */
final class ModuleExports {
  private static final ClassLoader PLATFORM = ClassLoader.getPlatformClassLoader();

  private final Instrumentation inst;

  ModuleExports(Instrumentation inst) {
    this.inst = inst;
  }

  /**
   * Exports, to the classes of the instrumentation's loader, what the module of the woven class has
   * of the library.
   */
  void to(ClassLoader instrumentation, SeamFile file, Relocation relocation, Class<?> woven) {
    Module module = woven.getModule();
    ClassLoader loader = woven.getClassLoader();
    if (!module.isNamed() || loader == null || loader == PLATFORM) {
      return;
    }
    Module ours = instrumentation.getUnnamedModule();
    Map<String, Set<Module>> exports = new HashMap<>();
    for (String name : module.getPackages()) {
      if (ofLibrary(name + ".", file, relocation) && !module.isExported(name, ours)) {
        exports.put(name, Set.of(ours));
      }
    }
    if (!exports.isEmpty()) {
      inst.redefineModule(module, Set.of(), exports, Map.of(), Set.of(), Map.of());
    }
  }

  private static boolean ofLibrary(String prefix, SeamFile file, Relocation relocation) {
    for (SeamFile.Library library : file.libraries()) {
      if (prefix.startsWith(relocation.mapDotted(library.packagePrefix()))) {
        return true;
      }
    }
    return false;
  }
}
