package io.selvage.tooling;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import net.bytebuddy.dynamic.ClassFileLocator;
import org.jspecify.annotations.Nullable;

/** Reads class files as resources of a loader, without loading a class. Thread-safe. */
final class ClassFiles {
  private ClassFiles() {}

  /**
   * The class file of that binary name, or {@code null} if the loader has none.
   *
   * @throws UncheckedIOException if there is one that cannot be read
   */
  static byte @Nullable [] read(ClassLoader loader, String dotted) {
    return resource(loader, dotted.replace('.', '/') + ".class");
  }

  /** The resource of that name, or {@code null}. */
  static byte @Nullable [] resource(ClassLoader loader, String name) {
    try (InputStream in = loader.getResourceAsStream(name)) {
      return in == null ? null : in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Class files of an application loader; of the platform loader where that is {@code null}, or
   * where the loader hides them. Holds the loader weakly.
   */
  static ClassFileLocator of(@Nullable ClassLoader loader) {
    ClassFileLocator platform = ClassFileLocator.ForClassLoader.ofPlatformLoader();
    return loader == null
        ? platform
        : new ClassFileLocator.Compound(
            ClassFileLocator.ForClassLoader.WeaklyReferenced.of(loader), platform);
  }
}
