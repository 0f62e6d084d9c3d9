package io.selvage.instrumentation.httpclient;

import java.net.InetSocketAddress;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.implementation.bytecode.assign.Assigner;
import org.jspecify.annotations.Nullable;

/**
 * An idle connection of an earlier identity, or of another TLS intent, is closed and not used
 * again: the library's pool knows it by IP address and port only.
 */
public final class PoolAdvice {
  private PoolAdvice() {}

  @Advice.OnMethodExit
  @Advice.AssignReturned.ToReturned(typing = Assigner.Typing.DYNAMIC)
  public static @Nullable Object exit(
      @Advice.Argument(0) boolean secure,
      @Advice.Argument(1) @Nullable InetSocketAddress address,
      @Advice.Return(typing = Assigner.Typing.DYNAMIC) @Nullable Object pooled) {
    return pooled == null || !secure || Targets.mayServe(pooled, address) ? pooled : null;
  }
}
