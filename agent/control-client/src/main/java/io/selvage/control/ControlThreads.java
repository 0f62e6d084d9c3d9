package io.selvage.control;

import io.selvage.extension.Intent;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The threads of the control plane's client: daemons whose connections are never meshed. One thread
 * does all thinking; gRPC's transport borrows others, which end when idle.
 */
public final class ControlThreads implements AutoCloseable {
  private final ScheduledThreadPoolExecutor control;
  private final ThreadPoolExecutor transport;

  public ControlThreads() {
    control = new ScheduledThreadPoolExecutor(1, named("selvage-control"));
    control.setRemoveOnCancelPolicy(true);
    control.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    AtomicInteger number = new AtomicInteger();
    transport =
        new ThreadPoolExecutor(
            0,
            32,
            5,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            work -> named("selvage-grpc-" + number.incrementAndGet()).newThread(work));
  }

  private static ThreadFactory named(String name) {
    return work -> {
      Thread thread =
          new Thread(
              () -> {
                try (Intent mine = Intent.bypass()) {
                  work.run();
                }
              },
              name);
      thread.setDaemon(true);
      return thread;
    };
  }

  /** One thread, in order. */
  public ScheduledExecutorService control() {
    return control;
  }

  /** For work that blocks on sockets. */
  public ExecutorService transport() {
    return transport;
  }

  @Override
  public void close() {
    control.shutdownNow();
    transport.shutdown();
  }
}
