package io.selvage.instrumentation.jdkhttpserver;

import com.sun.net.httpserver.HttpExchange;
import io.selvage.engine.flow.MeshContext;
import io.selvage.extension.ContextScope;
import net.bytebuddy.asm.Advice;
import org.jspecify.annotations.Nullable;

/** Asks the mesh before the first filter of an exchange. */
public final class ChainAdvice {
  private ChainAdvice() {}

  /** {exchange or null, non-null when answered, context before}. */
  @Advice.OnMethodEnter(skipOn = Advice.OnNonDefaultValue.class, skipOnIndex = 1)
  public static @Nullable Object[] enter(@Advice.Argument(0) @Nullable Object argument) {
    if (!(argument instanceof HttpExchange exchange) || Exchanges.isKnown(exchange)) {
      return new Object[3];
    }
    JdkExchange opened = JdkExchange.open(exchange);
    if (opened == null) {
      return new Object[3];
    }
    if (opened.isAnswered()) {
      return new Object[] {null, Boolean.TRUE, null};
    }
    return new Object[] {opened, null, ContextScope.swap(opened.context())};
  }

  /** The exchange itself ends with its response, perhaps later and on another thread. */
  @Advice.OnMethodExit(onThrowable = Throwable.class)
  public static void exit(
      @Advice.Enter @Nullable Object @Nullable [] entered,
      @Advice.Thrown @Nullable Throwable thrown) {
    if (entered != null && entered[0] instanceof JdkExchange exchange) {
      ContextScope.swap((MeshContext) entered[2]);
      if (thrown != null) {
        exchange.end(false);
      }
    }
  }
}
