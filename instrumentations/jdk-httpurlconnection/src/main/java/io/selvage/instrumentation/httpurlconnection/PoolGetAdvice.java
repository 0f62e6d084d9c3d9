package io.selvage.instrumentation.httpurlconnection;

import net.bytebuddy.asm.Advice;
import org.jspecify.annotations.Nullable;

/** A connection is taken from the pool of the attempt's endpoint. */
public final class PoolGetAdvice {
  private PoolGetAdvice() {}

  @Advice.OnMethodEnter
  @Advice.AssignReturned.ToArguments(@Advice.AssignReturned.ToArguments.ToArgument(1))
  public static @Nullable Object enter(@Advice.Argument(1) @Nullable Object key) {
    return key == null ? Pools.keyOfThread() : key;
  }
}
