package io.selvage.instrumentation.httpclient;

import java.net.InetSocketAddress;
import net.bytebuddy.asm.Advice;
import org.jspecify.annotations.Nullable;

/** Endpoints of the mesh are reached directly. */
public final class ProxyAdvice {
  private ProxyAdvice() {}

  @Advice.OnMethodExit
  @Advice.AssignReturned.ToReturned
  public static @Nullable InetSocketAddress exit(
      @Advice.This Object request, @Advice.Return @Nullable InetSocketAddress proxy) {
    return proxy == null || Targets.addressOf(request) != null ? null : proxy;
  }
}
