package io.selvage.instrumentation.socket;

import net.bytebuddy.asm.Advice;
import net.bytebuddy.implementation.bytecode.assign.Assigner;
import org.jspecify.annotations.Nullable;

/**
 * {@code IDN.toASCII}: Istio's server names ({@code outbound_.9080_.v1_.reviews…}) are taken as
 * they are.
 *
 * <p>They hold underscores, which are no host name characters, so every server on the JDK's TLS
 * would answer an Istio sidecar's ClientHello with {@code illegal_parameter} before any engine of
 * ours is asked. Other names are the JDK's alone.
 */
public final class ServerNameAdvice {
  private ServerNameAdvice() {}

  @Advice.OnMethodEnter(skipOn = Advice.OnNonDefaultValue.class)
  public static @Nullable Object enter(@Advice.Argument(0) @Nullable String name) {
    if (name == null || !name.startsWith("outbound_.") && !name.startsWith("inbound_.")) {
      return null;
    }
    return isPlain(name) ? name : null;
  }

  private static boolean isPlain(String name) {
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean good =
          c >= 'a' && c <= 'z'
              || c >= 'A' && c <= 'Z'
              || c >= '0' && c <= '9'
              || c == '.'
              || c == '-'
              || c == '_';
      if (!good) {
        return false;
      }
    }
    return true;
  }

  @Advice.OnMethodExit
  @Advice.AssignReturned.ToReturned(typing = Assigner.Typing.DYNAMIC)
  public static @Nullable Object exit(
      @Advice.Enter @Nullable Object taken,
      @Advice.Return(typing = Assigner.Typing.DYNAMIC) @Nullable Object converted) {
    return taken != null ? taken : converted;
  }
}
