package io.selvage.instrumentation.tomcat;

import net.bytebuddy.asm.Advice;
import net.bytebuddy.implementation.bytecode.assign.Assigner.Typing;
import org.apache.coyote.Request;
import org.apache.tomcat.util.net.SocketWrapperBase;
import org.jspecify.annotations.Nullable;

/**
 * Lets a request find its connection: the processor of HTTP/1.1 and that of each stream know it.
 */
public final class ProcessorAdvice {
  private ProcessorAdvice() {}

  /** Kept as a note of the request. */
  @Advice.OnMethodExit
  public static void exit(
      @Advice.FieldValue(value = "request", typing = Typing.DYNAMIC) @Nullable Request request,
      @Advice.Argument(value = 0, typing = Typing.DYNAMIC) @Nullable SocketWrapperBase<?> wrapper) {
    if (request != null) {
      request.setNote(TomcatExchange.CONNECTION_NOTE, wrapper);
    }
  }
}
