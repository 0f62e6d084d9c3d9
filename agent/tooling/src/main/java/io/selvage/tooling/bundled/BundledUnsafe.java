package io.selvage.tooling.bundled;

import java.lang.instrument.Instrumentation;
import java.lang.reflect.Method;
import java.util.Map;
import java.util.Set;

/**
 * What the stand-in for {@code sun.misc.Unsafe} is built on. The real one prints four lines of
 * warning into the application's log when a library first uses it on Java 24 or later; the JDK's
 * internal one does not.
 *
 * <p>The build of the agent jar generates the subclass with exactly the methods that bundled
 * libraries call.
 */
public abstract class BundledUnsafe {
  /** Name of the generated class. */
  public static final String GENERATED = "io.selvage.tooling.bundled.GeneratedUnsafe";

  /** For the generated class. */
  protected BundledUnsafe() {}

  /**
   * Lets the agent's classes call the JDK's internal one. To be called before any bundled library
   * is used.
   */
  public static void allow(Instrumentation inst) {
    Module ours = BundledUnsafe.class.getModule();
    inst.redefineModule(
        Object.class.getModule(),
        Set.of(),
        Map.of("jdk.internal.misc", Set.of(ours)),
        Map.of(),
        Set.of(),
        Map.of());
  }

  /**
   * Offset of an array's first element in bytes. The internal method returns {@code int} or {@code
   * long}, by the JDK's version.
   */
  public int arrayBaseOffset(Class<?> type) {
    try {
      Class<?> internal = Class.forName("jdk.internal.misc.Unsafe");
      Method method = internal.getMethod("arrayBaseOffset", Class.class);
      Number offset = (Number) method.invoke(internal.getMethod("getUnsafe").invoke(null), type);
      return offset.intValue();
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }
}
