package io.selvage.instrumentation.testing.woven;

import net.bytebuddy.asm.Advice;

public final class OtherAdvice {
  @Advice.OnMethodEnter
  public static void enter() {}
}
