package io.selvage.bootstrap;

import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLConnection;
import java.net.URLStreamHandler;
import java.util.Collections;
import java.util.Enumeration;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;

/**
 * Loads the agent from the folder {@code inst/} of its jar, where class files end in {@code
 * .classdata}, so that no other class loader takes them for classes. Thread-safe, parallel capable.
 *
 * <p>What the jar has comes from the jar, whatever the boot class path was given; the rest from the
 * platform loader. The application's classes are never seen. Resources are found under their usual
 * names, class files included.
 */
public final class AgentLoader extends ClassLoader {
  static {
    registerAsParallelCapable();
  }

  private static final String FOLDER = "inst/";

  private final ZipFile jar;

  /**
   * Opens the jar, for as long as the JVM lives.
   *
   * @throws IOException if it is no jar
   */
  public AgentLoader(File jar, @Nullable ClassLoader parent) throws IOException {
    super(parent);
    this.jar = new ZipFile(jar);
  }

  /**
   * The loader of the JDK's own modules: the topmost one. Asking {@code getPlatformClassLoader} by
   * reflection, as level 8 would have to, costs 20 ms for the JDK's look at its annotations.
   */
  static ClassLoader platformLoader() {
    ClassLoader loader = ClassLoader.getSystemClassLoader();
    for (ClassLoader parent = loader.getParent(); parent != null; parent = parent.getParent()) {
      loader = parent;
    }
    return loader;
  }

  @Override
  protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
    if (name.startsWith("java.") || name.startsWith("jdk.") || name.startsWith("sun.")) {
      return super.loadClass(name, resolve);
    }
    synchronized (getClassLoadingLock(name)) {
      Class<?> loaded = findLoadedClass(name);
      if (loaded != null) {
        return loaded;
      }
      byte[] code = read(entryOf(name.replace('.', '/') + ".class"));
      if (code != null) {
        return defineClass(name, code, 0, code.length);
      }
    }
    return super.loadClass(name, resolve);
  }

  private static String entryOf(String resource) {
    return FOLDER + (resource.endsWith(".class") ? resource + "data" : resource);
  }

  private byte @Nullable [] read(String entry) {
    try {
      ZipEntry found = jar.getEntry(entry);
      if (found == null || found.isDirectory()) {
        return null;
      }
      byte[] content = new byte[(int) found.getSize()];
      InputStream in = jar.getInputStream(found);
      try {
        int length = 0;
        for (int n = 0;
            length < content.length && n >= 0;
            n = in.read(content, length, content.length - length)) {
          length += n;
        }
        if (length != content.length) {
          throw new IOException(entry + " ends early");
        }
        return content;
      } finally {
        in.close();
      }
    } catch (IOException e) {
      throw new IllegalStateException(
          "the agent jar " + jar.getName() + " cannot be read: " + e.getMessage(), e);
    }
  }

  @Override
  public @Nullable InputStream getResourceAsStream(String name) {
    byte[] content = read(entryOf(name));
    return content == null ? super.getResourceAsStream(name) : new ByteArrayInputStream(content);
  }

  @Override
  protected @Nullable URL findResource(String name) {
    if (jar.getEntry(entryOf(name)) == null) {
      return null;
    }
    try {
      return new URL("selvage", "", -1, "/" + name, new Handler());
    } catch (MalformedURLException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  protected Enumeration<URL> findResources(String name) {
    URL found = findResource(name);
    return found == null
        ? Collections.<URL>emptyEnumeration()
        : Collections.enumeration(Collections.singleton(found));
  }

  @Override
  public String toString() {
    return "SelvageAgentLoader[" + jar.getName() + "]";
  }

  /** Reads what its URLs name. */
  private final class Handler extends URLStreamHandler {
    @Override
    protected URLConnection openConnection(URL url) {
      return new URLConnection(url) {
        @Override
        public void connect() {
          connected = true;
        }

        @Override
        public InputStream getInputStream() throws IOException {
          byte[] content = read(entryOf(url.getPath().substring(1)));
          if (content == null) {
            throw new FileNotFoundException(url.toString());
          }
          return new ByteArrayInputStream(content);
        }
      };
    }
  }
}
