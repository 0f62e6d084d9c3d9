package io.selvage.instrumentation.testing.woven;

import net.bytebuddy.asm.Advice;
import net.bytebuddy.asm.Advice.AssignReturned.ToReturned;

public final class GreetAdvice {
  @Advice.OnMethodExit
  @ToReturned
  public static String exit(@Advice.Return String greeting) {
    return greeting + " from " + GreetAdvice.class.getClassLoader().getName();
  }
}
