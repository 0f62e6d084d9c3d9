package io.selvage.tooling;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Loads the classes of one instrumentation for one application loader. Thread-safe.
 *
 * <p>Its own classes come first and from itself; the engine and Byte Buddy from the agent;
 * everything else, the library and the JDK, as the application sees it. An application's own copy
 * of our packages is never asked.
 */
final class InstrumentationLoader extends ClassLoader {
  static {
    registerAsParallelCapable();
  }

  private final SeamFile file;
  private final Relocation relocation;
  private final ClassLoader agent;
  private final ClassLoader application;
  private final Map<String, Hook> hooks = new ConcurrentHashMap<>();

  /**
   * Makes a loader.
   *
   * @param application where the library is; for targets of the boot loader, the platform loader
   */
  InstrumentationLoader(
      SeamFile file, Relocation relocation, ClassLoader agent, ClassLoader application) {
    super("selvage-" + file.name(), agent);
    this.file = file;
    this.relocation = relocation;
    this.agent = agent;
    this.application = application;
  }

  /** What is known of an advice's calls from one class. */
  Hook hook(CallSiteConstants constants, WeaveReport report) {
    String key = constants.target() + " " + constants.advice() + " " + constants.mark();
    Hook hook = hooks.get(key);
    if (hook == null) {
      var made = new Hook(file, constants, report);
      hook = hooks.putIfAbsent(key, made);
      hook = hook == null ? made : hook;
    }
    return hook;
  }

  @Override
  protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
    synchronized (getClassLoadingLock(name)) {
      Class<?> loaded = findLoadedClass(name);
      if (loaded == null && file.owns(name)) {
        loaded = own(name);
      }
      if (loaded != null) {
        return loaded;
      }
    }
    boolean engine = name.startsWith("io.selvage.") || name.startsWith("net.bytebuddy.");
    return Class.forName(name, false, engine ? agent : application);
  }

  private @Nullable Class<?> own(String name) {
    byte[] code = ClassFiles.read(agent, name);
    if (code == null) {
      return null;
    }
    byte[] mapped = relocation.map(code);
    return defineClass(name, mapped, 0, mapped.length);
  }
}
