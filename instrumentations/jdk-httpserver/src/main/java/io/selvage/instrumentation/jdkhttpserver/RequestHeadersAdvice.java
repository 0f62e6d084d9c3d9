package io.selvage.instrumentation.jdkhttpserver;

import com.sun.net.httpserver.HttpExchange;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.asm.Advice.AssignReturned.ToReturned;
import net.bytebuddy.implementation.bytecode.assign.Assigner.Typing;
import org.jspecify.annotations.Nullable;

/** Hands the application the request's headers as the mesh has changed them. */
public final class RequestHeadersAdvice {
  private RequestHeadersAdvice() {}

  /** The server's own where nothing was changed. */
  @Advice.OnMethodExit
  @ToReturned(typing = Typing.DYNAMIC)
  public static @Nullable Object exit(
      @Advice.This Object self, @Advice.Return(typing = Typing.DYNAMIC) @Nullable Object returned) {
    JdkExchange exchange = self instanceof HttpExchange known ? Exchanges.of(known) : null;
    Object changed = exchange == null ? null : exchange.requestHeaders();
    return changed == null ? returned : changed;
  }
}
