package io.selvage.extension;

import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The threads that send mirrored copies for libraries that block: few, daemons, and never waited
 * for. When all are busy and {@value #WAITING} copies wait, further copies are dropped and counted,
 * as an Envoy drops them when the shadow cluster is full. Any thread.
 */
public final class ShadowThreads {
  private static final int THREADS = 8;
  private static final int WAITING = 128;

  private static final ThreadPoolExecutor POOL =
      new ThreadPoolExecutor(
          THREADS,
          THREADS,
          10,
          TimeUnit.SECONDS,
          new ArrayBlockingQueue<>(WAITING),
          task -> {
            Thread thread = new Thread(null, task, "selvage-shadow", 0, false);
            thread.setDaemon(true);
            thread.setContextClassLoader(null);
            return thread;
          });

  static {
    POOL.allowCoreThreadTimeOut(true);
  }

  private ShadowThreads() {}

  /**
   * Sends a copy some time soon, with the caller's context class loader; the copy has ended when
   * {@code sending} returns or throws, or at once when there is no room.
   */
  public static void send(Exchange copy, Runnable sending) {
    ClassLoader loader = Thread.currentThread().getContextClassLoader();
    try {
      POOL.execute(() -> run(copy, sending, loader));
    } catch (RejectedExecutionException full) {
      copy.end(End.ABORTED);
    }
  }

  private static void run(Exchange copy, Runnable sending, ClassLoader loader) {
    Thread thread = Thread.currentThread();
    thread.setContextClassLoader(loader);
    try {
      sending.run();
    } catch (RuntimeException | Error broken) {
      // nobody waits for a copy, so nobody is to be told
    } finally {
      copy.end(End.COMPLETE);
      thread.setContextClassLoader(null);
    }
  }
}
