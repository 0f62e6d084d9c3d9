package io.selvage.differential;

import java.io.File;
import java.lang.reflect.InvocationTargetException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Turns xDS in JSON into bytes. The agent's own classes are lite and know no JSON; the controller's
 * jar has the full ones, of the same name, and so gets a class loader of its own.
 */
final class FullProtobuf {
  private static final Pattern ANY =
      Pattern.compile("\"@type\":\"type.googleapis.com/(envoy[^\"]+)");
  private static final ClassLoader LOADER = loader();

  private FullProtobuf() {}

  private static ClassLoader loader() {
    try {
      URL jar = new File(System.getProperty("selvage.controller.jar")).toURI().toURL();
      return new URLClassLoader(new URL[] {jar}, ClassLoader.getPlatformClassLoader());
    } catch (MalformedURLException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  /**
   * The bytes of a message.
   *
   * @param type {@code envoy.config.cluster.v3.Cluster}
   * @throws IllegalArgumentException for JSON that is no such message
   */
  static byte[] bytes(String type, String json) {
    try {
      Class<?> format = LOADER.loadClass("com.google.protobuf.util.JsonFormat");
      Object parser = format.getMethod("parser").invoke(null);
      Class<?> registry = LOADER.loadClass("com.google.protobuf.TypeRegistry");
      parser =
          parser.getClass().getMethod("usingTypeRegistry", registry).invoke(parser, types(json));
      Object builder = message(type).getMethod("newBuilder").invoke(null);
      parser
          .getClass()
          .getMethod("merge", String.class, LOADER.loadClass("com.google.protobuf.Message$Builder"))
          .invoke(parser, json, builder);
      Object built = builder.getClass().getMethod("build").invoke(builder);
      return (byte[]) built.getClass().getMethod("toByteArray").invoke(built);
    } catch (InvocationTargetException bad) {
      throw new IllegalArgumentException(type + ": " + bad.getCause(), bad);
    } catch (ReflectiveOperationException other) {
      throw new IllegalStateException(other);
    }
  }

  private static Class<?> message(String type) throws ClassNotFoundException {
    return LOADER.loadClass("io.envoyproxy." + type);
  }

  /** What the JSON has in its {@code Any}s. */
  private static Object types(String json) throws ReflectiveOperationException {
    Class<?> registry = LOADER.loadClass("com.google.protobuf.TypeRegistry");
    Class<?> descriptor = LOADER.loadClass("com.google.protobuf.Descriptors$Descriptor");
    Object types = registry.getMethod("newBuilder").invoke(null);
    Matcher named = ANY.matcher(json);
    while (named.find()) {
      Object one = message(named.group(1)).getMethod("getDescriptor").invoke(null);
      types.getClass().getMethod("add", descriptor).invoke(types, one);
    }
    return types.getClass().getMethod("build").invoke(types);
  }
}
