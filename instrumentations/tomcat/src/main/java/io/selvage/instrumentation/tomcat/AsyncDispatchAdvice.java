package io.selvage.instrumentation.tomcat;

import io.selvage.engine.flow.MeshContext;
import io.selvage.extension.ContextScope;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.implementation.bytecode.assign.Assigner.Typing;
import org.apache.coyote.Request;
import org.jspecify.annotations.Nullable;

/** Carries an asynchronous request's context into its dispatches and finds its end. */
public final class AsyncDispatchAdvice {
  private AsyncDispatchAdvice() {}

  /** {exchange or null, context before}. */
  @Advice.OnMethodEnter
  public static @Nullable Object[] enter(
      @Advice.Argument(value = 0, typing = Typing.DYNAMIC) Request request) {
    TomcatExchange exchange = TomcatExchange.of(request);
    return exchange == null
        ? new Object[2]
        : new Object[] {exchange, ContextScope.swap(exchange.context())};
  }

  /** False returned means that the connection is given up. */
  @Advice.OnMethodExit(onThrowable = Throwable.class)
  public static void exit(
      @Advice.Enter @Nullable Object @Nullable [] entered, @Advice.Return boolean success) {
    if (entered != null && entered[0] instanceof TomcatExchange exchange) {
      ContextScope.swap((MeshContext) entered[1]);
      exchange.left(success);
    }
  }
}
