package io.selvage.tooling;

import java.lang.instrument.ClassFileTransformer;
import java.lang.instrument.Instrumentation;
import java.lang.instrument.UnmodifiableClassException;
import java.nio.charset.StandardCharsets;
import java.security.ProtectionDomain;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Looks into the bytes that reach the JVM for the name of an advice.
 *
 * <p>That our transformer returned them proves nothing: a later agent may have replaced them. Costs
 * one retransformation (about 20 ms the first time), so it is for security seams, off the request
 * path.
 */
final class WeaveProbe {
  private final Instrumentation inst;

  WeaveProbe(Instrumentation inst) {
    this.inst = inst;
  }

  /**
   * Whether the class, as the JVM has it after a retransformation by all agents, names the advice.
   */
  boolean woven(Class<?> type, String advice) throws UnmodifiableClassException {
    var seen = new AtomicReference<byte[]>();
    ClassFileTransformer last =
        new ClassFileTransformer() {
          @Override
          public byte @Nullable [] transform(
              @Nullable ClassLoader loader,
              @Nullable String name,
              @Nullable Class<?> redefined,
              @Nullable ProtectionDomain domain,
              byte[] code) {
            if (redefined == type) {
              seen.set(code);
            }
            return null;
          }
        };
    inst.addTransformer(last, true);
    try {
      inst.retransformClasses(type);
    } finally {
      inst.removeTransformer(last);
    }
    byte[] code = seen.get();
    return code != null && contains(code, advice.getBytes(StandardCharsets.UTF_8));
  }

  private static boolean contains(byte[] code, byte[] name) {
    for (int i = 0; i <= code.length - name.length; i++) {
      if (code[i] == name[0] && Arrays.equals(code, i, i + name.length, name, 0, name.length)) {
        return true;
      }
    }
    return false;
  }
}
