package io.selvage.instrumentation.executors;

import java.util.concurrent.Callable;
import net.bytebuddy.asm.Advice;
import org.jspecify.annotations.Nullable;

/** A {@code Callable} is handed to a pool or becomes a {@code FutureTask}. */
public final class CallableAdvice {
  private CallableAdvice() {}

  @Advice.OnMethodEnter
  @Advice.AssignReturned.ToArguments(@Advice.AssignReturned.ToArguments.ToArgument(0))
  public static @Nullable Callable<?> enter(@Advice.Argument(0) @Nullable Callable<?> task) {
    return Carried.by(task);
  }
}
