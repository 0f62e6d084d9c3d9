package io.selvage.dist.woven;

import net.bytebuddy.asm.Advice;
import net.bytebuddy.asm.Advice.AssignReturned.ToReturned;
import shop.Inside;
import shop.Library;

public final class GreetAdvice {
  @Advice.OnMethodExit
  @ToReturned
  public static String exit(@Advice.This Library library, @Advice.Return String greeting) {
    return greeting + ", " + new Inside().apply(library);
  }
}
