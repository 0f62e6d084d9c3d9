package io.selvage.instrumentation.httpurlconnection;

import net.bytebuddy.asm.Advice;
import org.jspecify.annotations.Nullable;

/** A connection goes back to the pool of the endpoint that it is connected to. */
public final class PoolPutAdvice {
  private PoolPutAdvice() {}

  @Advice.OnMethodEnter
  @Advice.AssignReturned.ToArguments(@Advice.AssignReturned.ToArguments.ToArgument(1))
  public static @Nullable Object enter(
      @Advice.Argument(1) @Nullable Object key, @Advice.Argument(2) @Nullable Object client) {
    return key == null && client != null ? Pools.keyOf(client) : key;
  }
}
