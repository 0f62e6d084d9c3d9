package io.selvage.instrumentation.executors;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ForkJoinTask;
import java.util.concurrent.FutureTask;
import net.bytebuddy.asm.Advice;
import org.jspecify.annotations.Nullable;

/**
 * A {@code Runnable} is handed to a pool or becomes a {@code FutureTask}.
 *
 * <p>Left as they are: tasks that carry a context already ({@code FutureTask}, steps of a {@code
 * CompletableFuture}), fork-join tasks, and comparable tasks, which a priority queue must compare.
 */
public final class ExecuteAdvice {
  private ExecuteAdvice() {}

  @Advice.OnMethodEnter
  @Advice.AssignReturned.ToArguments(@Advice.AssignReturned.ToArguments.ToArgument(0))
  public static @Nullable Runnable enter(@Advice.Argument(0) @Nullable Runnable task) {
    return task instanceof FutureTask<?>
            || task instanceof ForkJoinTask<?>
            || task instanceof CompletableFuture.AsynchronousCompletionTask
            || task instanceof Comparable<?>
        ? task
        : Carried.by(task);
  }
}
