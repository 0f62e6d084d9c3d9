package io.selvage.instrumentation.tomcat;

import net.bytebuddy.asm.Advice;
import net.bytebuddy.implementation.bytecode.assign.Assigner.Typing;
import org.apache.coyote.Request;

/** Ends what no other way has ended: the connection of an asynchronous request is gone. */
public final class RecycleAdvice {
  private RecycleAdvice() {}

  /** Before the request's fields are cleared. */
  @Advice.OnMethodEnter
  public static void enter(@Advice.Argument(value = 0, typing = Typing.DYNAMIC) Request request) {
    TomcatExchange exchange = TomcatExchange.of(request);
    if (exchange != null) {
      exchange.dropped();
    }
  }
}
