package io.selvage.instrumentation.tomcat;

import io.selvage.engine.flow.MeshContext;
import io.selvage.extension.ContextScope;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.implementation.bytecode.assign.Assigner.Typing;
import org.apache.coyote.Request;
import org.apache.coyote.Response;
import org.jspecify.annotations.Nullable;

/** Asks the mesh for each request before the container sees it. */
public final class ServiceAdvice {
  private ServiceAdvice() {}

  /** {exchange or null, non-null when answered, context before}. */
  @Advice.OnMethodEnter(skipOn = Advice.OnNonDefaultValue.class, skipOnIndex = 1)
  public static @Nullable Object[] enter(
      @Advice.Argument(value = 0, typing = Typing.DYNAMIC) Request request,
      @Advice.Argument(value = 1, typing = Typing.DYNAMIC) Response response) {
    TomcatExchange exchange = TomcatExchange.open(request, response);
    if (exchange == null) {
      return new Object[3];
    }
    if (exchange.isAnswered()) {
      return new Object[] {null, Boolean.TRUE, null};
    }
    return new Object[] {exchange, null, ContextScope.swap(exchange.context())};
  }

  /** A request that went asynchronous ends later, in {@link AsyncDispatchAdvice}. */
  @Advice.OnMethodExit(onThrowable = Throwable.class)
  public static void exit(
      @Advice.Enter @Nullable Object @Nullable [] entered,
      @Advice.Thrown @Nullable Throwable thrown) {
    if (entered != null && entered[0] instanceof TomcatExchange exchange) {
      ContextScope.swap((MeshContext) entered[2]);
      exchange.left(thrown == null);
    }
  }
}
