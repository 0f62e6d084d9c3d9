package io.selvage.instrumentation.httpclient;

import net.bytebuddy.asm.Advice;

/** An HTTP/2 connection is over: whoever registers a stream on it from now on has lost it. */
public final class ConnectionOverAdvice {
  private ConnectionOverAdvice() {}

  @Advice.OnMethodEnter
  public static void enter(@Advice.This Object connection) {
    LostStreams.over(connection);
  }
}
