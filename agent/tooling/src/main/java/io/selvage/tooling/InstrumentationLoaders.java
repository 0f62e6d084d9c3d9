package io.selvage.tooling;

import java.lang.ref.WeakReference;
import java.util.HashMap;
import java.util.Map;
import java.util.WeakHashMap;
import org.jspecify.annotations.Nullable;

/**
 * One loader per instrumentation, relocated copy and application loader. Thread-safe.
 *
 * <p>Keys and values are weak: a value's class loader reaches its key, so weak keys alone would
 * keep both for ever. What keeps a loader alive is the linked call sites in the woven classes, that
 * is, exactly as long as it is needed. Those for the boot loader stay.
 */
final class InstrumentationLoaders {
  private static final ClassLoader PLATFORM = ClassLoader.getPlatformClassLoader();

  private final ClassLoader agent;
  private final Map<ClassLoader, Map<String, WeakReference<InstrumentationLoader>>> byApplication =
      new WeakHashMap<>();
  private final Map<String, InstrumentationLoader> ofPlatform = new HashMap<>();

  InstrumentationLoaders(ClassLoader agent) {
    this.agent = agent;
  }

  /** The loader for classes that {@code application} defined; {@code null} is the boot loader. */
  synchronized InstrumentationLoader of(
      SeamFile file, Relocation relocation, @Nullable ClassLoader application) {
    String key = file.name() + " " + relocation.prefix();
    if (application == null || application == PLATFORM) {
      InstrumentationLoader loader = ofPlatform.get(key);
      if (loader == null) {
        loader = new InstrumentationLoader(file, relocation, agent, PLATFORM);
        ofPlatform.put(key, loader);
      }
      return loader;
    }
    Map<String, WeakReference<InstrumentationLoader>> loaders = byApplication.get(application);
    if (loaders == null) {
      loaders = new HashMap<>();
      byApplication.put(application, loaders);
    }
    WeakReference<InstrumentationLoader> reference = loaders.get(key);
    InstrumentationLoader loader = reference == null ? null : reference.get();
    if (loader == null) {
      loader = new InstrumentationLoader(file, relocation, agent, application);
      loaders.put(key, new WeakReference<>(loader));
    }
    return loader;
  }
}
