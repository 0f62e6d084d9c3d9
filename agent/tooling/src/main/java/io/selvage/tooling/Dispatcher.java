package io.selvage.tooling;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.instrument.Instrumentation;
import java.lang.invoke.CallSite;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.security.ProtectionDomain;
import java.util.Map;
import java.util.Set;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import net.bytebuddy.jar.asm.ClassReader;
import net.bytebuddy.jar.asm.ClassWriter;
import net.bytebuddy.jar.asm.Opcodes;
import net.bytebuddy.jar.asm.commons.ClassRemapper;
import net.bytebuddy.jar.asm.commons.SimpleRemapper;
import org.jspecify.annotations.Nullable;

/**
 * Brings the dispatcher class to the boot loader: by a lookup into {@code java.lang}; else by the
 * JDK's {@code Unsafe}; else on the boot class path, which costs applications their class-data
 * sharing.
 */
final class Dispatcher {
  static final String NAME = "java.lang.SelvageDispatch";
  private static final String APPENDED = "io.selvage.dispatch.SelvageDispatch";

  /** How the class got there. */
  enum Way {
    ALREADY_THERE,
    LOOKUP,
    UNSAFE,
    BOOT_CLASS_PATH
  }

  private final Class<?> type;
  private final Way way;

  private Dispatcher(Class<?> type, Way way) {
    this.type = type;
    this.way = way;
  }

  /**
   * Defines the class, or finds it.
   *
   * @param agent has its class file as a resource
   * @throws IllegalStateException if no way worked; the ways that failed are suppressed exceptions
   */
  static Dispatcher define(Instrumentation inst, ClassLoader agent) {
    Class<?> there = find();
    return there != null
        ? new Dispatcher(there, Way.ALREADY_THERE)
        : define(inst, agent, Way.LOOKUP, Way.UNSAFE, Way.BOOT_CLASS_PATH);
  }

  static Dispatcher define(Instrumentation inst, ClassLoader agent, Way... ways) {
    byte[] code = ClassFiles.read(agent, NAME);
    if (code == null) {
      throw new IllegalStateException("the agent has no class file of " + NAME);
    }
    var failure = new IllegalStateException("no way to define " + NAME + " in the boot loader");
    for (Way way : ways) {
      try {
        return new Dispatcher(define(way, inst, code), way);
      } catch (Throwable e) { // LinkageErrors too: the next way may work
        failure.addSuppressed(e);
      }
    }
    throw failure;
  }

  Way way() {
    return way;
  }

  /** The bootstrap method that woven classes name. */
  Method linkMethod() {
    try {
      return type.getMethod(
          "link", MethodHandles.Lookup.class, String.class, MethodType.class, Object[].class);
    } catch (NoSuchMethodException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Lets call sites be linked by that handle, of type {@code
   * (Lookup,String,MethodType,Object[])CallSite}.
   */
  void linkBy(MethodHandle linker) {
    if (!linker
        .type()
        .equals(
            MethodType.methodType(
                CallSite.class,
                MethodHandles.Lookup.class,
                String.class,
                MethodType.class,
                Object[].class))) {
      throw new IllegalArgumentException("not a linker: " + linker.type());
    }
    try {
      type.getField("linker").set(null, linker);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  private static @Nullable Class<?> find() {
    for (String name : new String[] {NAME, APPENDED}) {
      try {
        return Class.forName(name, false, null);
      } catch (ClassNotFoundException e) {
        continue; // the usual case: nobody has put it there yet
      }
    }
    return null;
  }

  private static Class<?> define(Way way, Instrumentation inst, byte[] code)
      throws ReflectiveOperationException, IOException {
    Module base = Object.class.getModule();
    Set<Module> us = Set.of(Dispatcher.class.getModule());
    switch (way) {
      case LOOKUP -> {
        inst.redefineModule(base, Set.of(), Map.of(), Map.of("java.lang", us), Set.of(), Map.of());
        return MethodHandles.privateLookupIn(Object.class, MethodHandles.lookup())
            .defineClass(code);
      }
      case UNSAFE -> {
        inst.redefineModule(
            base, Set.of(), Map.of("jdk.internal.misc", us), Map.of(), Set.of(), Map.of());
        Class<?> unsafe = Class.forName("jdk.internal.misc.Unsafe");
        Object instance = unsafe.getMethod("getUnsafe").invoke(null);
        Method define =
            unsafe.getMethod(
                "defineClass",
                String.class,
                byte[].class,
                int.class,
                int.class,
                ClassLoader.class,
                ProtectionDomain.class);
        return (Class<?>) define.invoke(instance, null, code, 0, code.length, null, null);
      }
      default -> {
        inst.appendToBootstrapClassLoaderSearch(new JarFile(jarWith(renamed(code))));
        return Class.forName(APPENDED, true, null);
      }
    }
  }

  /** What is appended cannot be in a package of {@code java.base}. */
  private static byte[] renamed(byte[] code) {
    var writer = new ClassWriter(0);
    var remapper =
        new SimpleRemapper(Opcodes.ASM9, NAME.replace('.', '/'), APPENDED.replace('.', '/'));
    new ClassReader(code).accept(new ClassRemapper(writer, remapper), 0);
    return writer.toByteArray();
  }

  private static File jarWith(byte[] code) throws IOException {
    File jar = Files.createTempFile("selvage-dispatch", ".jar").toFile();
    jar.deleteOnExit();
    try (OutputStream out = Files.newOutputStream(jar.toPath());
        var entries = new JarOutputStream(out)) {
      entries.putNextEntry(new JarEntry(APPENDED.replace('.', '/') + ".class"));
      entries.write(code);
      entries.closeEntry();
    }
    return jar;
  }
}
