package io.selvage.tooling;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Supplier;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.description.type.TypeDescription;
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
  TypePool typesWith(ClassFileLocator own, java.util.function.Predicate<String> mine) {
    return pool(own, new Without(types, mine));
  }

  private static TypePool pool(ClassFileLocator locator, @Nullable TypePool parent) {
    var cache = new TypePool.CacheProvider.Simple();
    return parent == null
        ? new TypePool.Default.WithLazyResolution(cache, locator, TypePool.Default.ReaderMode.FAST)
        : new TypePool.Default(cache, locator, TypePool.Default.ReaderMode.FAST, parent);
  }

  /** Built once. */
  Advice advice(String key, Function<String, Advice> make) {
    Advice made = advice.get(key);
    return made != null ? made : advice.computeIfAbsent(key, make);
  }

  /** Checked once. */
  List<String> missing(String key, Supplier<List<String>> check) {
    return missing.computeIfAbsent(key, k -> check.get());
  }

  /** A pool that does not know certain names. */
  private record Without(TypePool pool, java.util.function.Predicate<String> hidden)
      implements TypePool {
    @Override
    public Resolution describe(String name) {
      return hidden.test(name) ? new Resolution.Illegal(name) : pool.describe(name);
    }

    @Override
    public void clear() {}
  }

  /** The description of a class whose bytes are at hand. */
  static TypeDescription describe(TypePool pool, String dotted) {
    return pool.describe(dotted).resolve();
  }
}
