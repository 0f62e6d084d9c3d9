package io.selvage.instrumentation.httpclient;

import net.bytebuddy.asm.Advice;
import org.jspecify.annotations.Nullable;

/** A request object on its way to the wire learns which endpoint it goes to. */
public final class RequestAdvice {
  private RequestAdvice() {}

  @Advice.OnMethodExit
  public static void exit(
      @Advice.This Object request, @Advice.AllArguments @Nullable Object[] arguments) {
    Targets.created(request, arguments);
  }
}
