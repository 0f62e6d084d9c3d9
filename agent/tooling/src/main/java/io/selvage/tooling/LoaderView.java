package io.selvage.tooling;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.dynamic.ClassFileLocator;
import net.bytebuddy.pool.TypePool;
import org.jspecify.annotations.Nullable;

/**
 * What was read about one application loader's classes: descriptions, checked references, ready
 * advice. Thread-safe.
 *
 * <p>It is built from class files and holds its loader weakly, so that it can be kept beside it in
 * a weak map.
 */
final class LoaderView {
  private final TypePool types;
  private final Map<String, Advice> advice = new ConcurrentHashMap<>();
  private final Map<String, List<String>> missing = new ConcurrentHashMap<>();

  LoaderView(@Nullable ClassLoader loader) {
    types = pool(ClassFiles.of(loader), null);
  }

  /** Every type that the loader sees, by its class file. */
  TypePool types() {
    return types;
  }

  /**
   * The same, but with the classes that {@code own} has in front.
   *
   * @param mine which binary names are looked up there only
   */
  TypePool typesWith(ClassFileLocator own, Predicate<String> mine) {
    return pool(own, new Without(types, mine));
  }

  private static TypePool pool(ClassFileLocator locator, @Nullable TypePool parent) {
    var cache = new TypePool.CacheProvider.Simple();
    return parent == null
        ? new TypePool.Default.WithLazyResolution(cache, locator, TypePool.Default.ReaderMode.FAST)
        : new TypePool.Default(cache, locator, TypePool.Default.ReaderMode.FAST, parent);
  }

  /** The advice of a seam, built once. */
  Advice advice(SeamIndex.Hit hit, Seam seam, AdviceMaker maker) {
    String key =
        hit.file().name() + " " + hit.target() + " " + seam.advice() + " " + seam.security();
    Advice made = advice.get(key);
    if (made == null) {
      made = maker.make(hit, seam, this);
      advice.put(key, made);
    }
    return made;
  }

  /** What the library lacks for an instrumentation, checked once. */
  List<String> missing(SeamFile file, Relocation relocation, ReferenceCheck check) {
    String key = file.name() + " " + relocation.prefix();
    List<String> found = missing.get(key);
    if (found == null) {
      found = check.missing(file, relocation, types);
      missing.put(key, found);
    }
    return found;
  }

  /** A pool that does not know certain names. */
  private record Without(TypePool pool, Predicate<String> hidden) implements TypePool {
    @Override
    public Resolution describe(String name) {
      return hidden.test(name) ? new Resolution.Illegal(name) : pool.describe(name);
    }

    @Override
    public void clear() {}
  }
}
