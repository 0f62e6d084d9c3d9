package io.selvage.instrumentation.tomcat;

import net.bytebuddy.asm.Advice;
import net.bytebuddy.implementation.bytecode.assign.Assigner.Typing;
import org.apache.coyote.ActionCode;
import org.apache.coyote.Request;
import org.apache.coyote.Response;

/** Sees the response's headers just before they are written. */
public final class CommitAdvice {
  private CommitAdvice() {}

  /** Only the first commit of a response matters. */
  @Advice.OnMethodEnter
  public static void enter(
      @Advice.Argument(value = 0, typing = Typing.DYNAMIC) ActionCode code,
      @Advice.FieldValue(value = "request", typing = Typing.DYNAMIC) Request request,
      @Advice.FieldValue(value = "response", typing = Typing.DYNAMIC) Response response) {
    if (code == ActionCode.COMMIT && !response.isCommitted()) {
      TomcatExchange exchange = TomcatExchange.of(request);
      if (exchange != null) {
        exchange.responded();
      }
    }
  }
}
