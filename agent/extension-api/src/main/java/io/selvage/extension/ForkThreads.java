package io.selvage.extension;

import java.util.concurrent.Executor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The threads that attempts of hedged requests run on, for libraries that block: as many as there
 * are attempts under way, whose callers wait for them. Daemons. Any thread.
 */
public final class ForkThreads implements Executor {
  private static final ForkThreads ALL = new ForkThreads();

  private final ThreadPoolExecutor pool =
      new ThreadPoolExecutor(
          0,
          Integer.MAX_VALUE,
          10,
          TimeUnit.SECONDS,
          new SynchronousQueue<>(),
          task -> {
            Thread thread = new Thread(null, task, "selvage-attempt", 0, false);
            thread.setDaemon(true);
            thread.setContextClassLoader(null);
            return thread;
          });

  private ForkThreads() {}

  /** For {@link io.selvage.engine.flow.Transport#forks}. */
  public static Executor executor() {
    return ALL;
  }

  /** Runs the attempt with the caller's class loader and context. */
  @Override
  public void execute(Runnable attempt) {
    ClassLoader loader = Thread.currentThread().getContextClassLoader();
    var context = ContextScope.current();
    pool.execute(
        () -> {
          Thread thread = Thread.currentThread();
          thread.setContextClassLoader(loader);
          try (ContextScope scope = ContextScope.attach(context)) {
            attempt.run();
          } finally {
            thread.setContextClassLoader(null);
          }
        });
  }
}
