package io.selvage.instrumentation.httpclient;

import net.bytebuddy.asm.Advice;
import net.bytebuddy.implementation.bytecode.assign.Assigner;

/**
 * A stream joins its connection. When that one is over the library has told its streams already,
 * and this one would never hear of it.
 */
public final class StreamRegisteredAdvice {
  private StreamRegisteredAdvice() {}

  @Advice.OnMethodExit
  public static void exit(
      @Advice.FieldValue(value = "connection", typing = Assigner.Typing.DYNAMIC) Object connection,
      @Advice.FieldValue(value = "request", typing = Assigner.Typing.DYNAMIC) Object request) {
    LostStreams.registered(connection, request);
  }
}
