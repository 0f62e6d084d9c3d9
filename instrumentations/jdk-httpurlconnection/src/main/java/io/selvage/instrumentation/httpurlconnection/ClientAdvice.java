package io.selvage.instrumentation.httpurlconnection;

import net.bytebuddy.asm.Advice;

/** A client with a new connection belongs to the endpoint that it was connected to. */
public final class ClientAdvice {
  private ClientAdvice() {}

  @Advice.OnMethodExit
  public static void exit(@Advice.This Object client) {
    Pools.created(client);
  }
}
