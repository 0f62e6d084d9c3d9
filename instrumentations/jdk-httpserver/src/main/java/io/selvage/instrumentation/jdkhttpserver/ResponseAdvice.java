package io.selvage.instrumentation.jdkhttpserver;

import com.sun.net.httpserver.HttpExchange;
import net.bytebuddy.asm.Advice;
import org.jspecify.annotations.Nullable;

/** Sees the response's headers just before they are written. */
public final class ResponseAdvice {
  private ResponseAdvice() {}

  /** Exchanges that the mesh stands aside of are unknown. */
  @Advice.OnMethodEnter
  public static void enter(@Advice.This Object self, @Advice.Argument(0) int status) {
    JdkExchange exchange = self instanceof HttpExchange known ? Exchanges.of(known) : null;
    if (exchange != null) {
      exchange.responded((HttpExchange) self, status);
    }
  }

  /** Nothing will be written where headers could not be. */
  @Advice.OnMethodExit(onThrowable = Throwable.class)
  public static void exit(@Advice.This Object self, @Advice.Thrown @Nullable Throwable thrown) {
    JdkExchange exchange = self instanceof HttpExchange known ? Exchanges.of(known) : null;
    if (exchange != null && thrown != null) {
      exchange.end(false);
    }
  }
}
