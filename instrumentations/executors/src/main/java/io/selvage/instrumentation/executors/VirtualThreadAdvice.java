package io.selvage.instrumentation.executors;

import net.bytebuddy.asm.Advice;
import org.jspecify.annotations.Nullable;

/**
 * A virtual thread is made (JDK 21 and later): by a builder, a factory, {@code
 * Thread.startVirtualThread} or an executor with a thread per task. It runs in its maker's context,
 * unless it is to serve a pool.
 */
public final class VirtualThreadAdvice {
  private static final String POOL_WORKER = "java.util.concurrent.ThreadPoolExecutor$Worker";

  private VirtualThreadAdvice() {}

  @Advice.OnMethodEnter
  @Advice.AssignReturned.ToArguments(@Advice.AssignReturned.ToArguments.ToArgument(3))
  public static @Nullable Runnable enter(@Advice.Argument(3) @Nullable Runnable task) {
    return task == null || task.getClass().getName().equals(POOL_WORKER) ? task : Carried.by(task);
  }
}
