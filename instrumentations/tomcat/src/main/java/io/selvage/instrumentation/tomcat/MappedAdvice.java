package io.selvage.instrumentation.tomcat;

import net.bytebuddy.asm.Advice;
import net.bytebuddy.asm.Advice.AssignReturned.ToReturned;
import net.bytebuddy.implementation.bytecode.assign.Assigner.Typing;
import org.apache.coyote.Request;
import org.jspecify.annotations.Nullable;

/** Asks again when the container has decoded and mapped the path, as a rewrite does too. */
public final class MappedAdvice {
  // an array, as a plain false would be taken for: leave the answer as it is
  private static final Object[] REFUSED = {Boolean.FALSE};

  private MappedAdvice() {}

  /** The container goes on only with a request that the mesh lets through; null = as it decided. */
  @Advice.OnMethodExit
  @ToReturned(index = 0, typing = Typing.DYNAMIC)
  public static @Nullable Object @Nullable [] exit(
      @Advice.Argument(value = 0, typing = Typing.DYNAMIC) Request request,
      @Advice.Return boolean mapped) {
    return mapped && !TomcatExchange.mayRun(request) ? REFUSED : null;
  }
}
