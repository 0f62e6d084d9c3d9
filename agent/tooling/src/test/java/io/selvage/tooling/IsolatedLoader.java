package io.selvage.tooling;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * A loader that has the classes that it is given and nothing of the application; it gives their
 * class files as resources.
 */
final class IsolatedLoader extends ClassLoader {
  private final Map<String, byte[]> classes = new HashMap<>();

  IsolatedLoader() {
    super(ClassLoader.getPlatformClassLoader());
  }

  static IsolatedLoader with(Class<?>... types) {
    var loader = new IsolatedLoader();
    for (Class<?> type : types) {
      loader.add(type.getName(), classFile(type));
    }
    return loader;
  }

  static byte[] classFile(Class<?> type) {
    return ClassFiles.read(type.getClassLoader(), type.getName());
  }

  IsolatedLoader add(String name, byte[] code) {
    classes.put(name, code);
    return this;
  }

  IsolatedLoader change(String name, UnaryOperator<byte[]> change) {
    classes.computeIfPresent(name, (n, code) -> change.apply(code));
    return this;
  }

  @Override
  protected Class<?> findClass(String name) throws ClassNotFoundException {
    byte[] code = classes.get(name);
    if (code == null) {
      throw new ClassNotFoundException(name);
    }
    return defineClass(name, code, 0, code.length);
  }

  @Override
  public InputStream getResourceAsStream(String name) {
    byte[] code =
        name.endsWith(".class")
            ? classes.get(name.substring(0, name.length() - 6).replace('/', '.'))
            : null;
    return code == null ? super.getResourceAsStream(name) : new ByteArrayInputStream(code);
  }

  /** Calls a public static or no-argument method by name. */
  Object call(String type, String method, Object... args) throws IOException {
    try {
      Class<?> loaded = loadClass(type);
      for (var each : loaded.getMethods()) {
        if (each.getName().equals(method)) {
          boolean fixed = java.lang.reflect.Modifier.isStatic(each.getModifiers());
          return each.invoke(fixed ? null : loaded.getConstructor().newInstance(), args);
        }
      }
      throw new IOException("no method " + method);
    } catch (ReflectiveOperationException e) {
      throw new IOException(e.getCause() == null ? e : e.getCause());
    }
  }
}
