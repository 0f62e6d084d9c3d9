package io.selvage.tooling.advice;

import net.bytebuddy.asm.Advice;
import net.bytebuddy.asm.Advice.AssignReturned.ToReturned;
import sample.app.Guarded;

public final class GuardAdvice {
  @Advice.OnMethodExit
  @ToReturned
  public static String exit(@Advice.Return String returned) {
    return "guarded";
  }

  /** Its initialiser calls the method that is being linked. */
  public static final class Nested {
    static final String WHILE_LINKING = Guarded.nested();

    @Advice.OnMethodExit
    @ToReturned
    public static String exit(@Advice.Return String returned) {
      return returned + ", while linking " + WHILE_LINKING;
    }
  }
}
