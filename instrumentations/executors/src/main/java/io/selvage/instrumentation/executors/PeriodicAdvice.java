package io.selvage.instrumentation.executors;

import io.selvage.engine.flow.MeshContext;
import io.selvage.extension.ContextScope;
import net.bytebuddy.asm.Advice;
import org.jspecify.annotations.Nullable;

/**
 * Work that repeats belongs to no request: it would carry a deadline that is long past and a trace
 * that never ends.
 */
public final class PeriodicAdvice {
  private PeriodicAdvice() {}

  @Advice.OnMethodEnter
  public static @Nullable Object enter() {
    return ContextScope.swap(null);
  }

  @Advice.OnMethodExit(onThrowable = Throwable.class)
  public static void exit(@Advice.Enter @Nullable Object before) {
    if (before instanceof MeshContext context) {
      ContextScope.swap(context);
    }
  }
}
