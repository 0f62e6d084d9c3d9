package io.selvage.controller.serve;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Collects changes and pushes once after a quiet time, at the latest after the longest wait
 * (istiod: PILOT_DEBOUNCE_AFTER, PILOT_DEBOUNCE_MAX). Thread-safe; pushes run on one thread.
 */
final class PushLoop implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(PushLoop.class);
  private final Duration quiet;
  private final Duration longest;
  private final LongConsumer push;
  private final ScheduledExecutorService executor =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "selvage-push");
            thread.setDaemon(true);
            return thread;
          });
  private long firstChange;
  private @Nullable ScheduledFuture<?> scheduled;

  /** {@code push} is given the {@link System#nanoTime()} of the first change that it covers. */
  PushLoop(Duration quiet, Duration longest, LongConsumer push) {
    this.quiet = quiet;
    this.longest = longest;
    this.push = push;
  }

  /** Something changed. */
  synchronized void changed() {
    if (executor.isShutdown()) {
      return;
    }
    long now = System.nanoTime();
    if (scheduled == null) {
      firstChange = now;
    } else {
      scheduled.cancel(false);
    }
    long left = longest.toNanos() - (now - firstChange);
    long delay = Math.max(0, Math.min(quiet.toNanos(), left));
    scheduled = executor.schedule(this::run, delay, TimeUnit.NANOSECONDS);
  }

  private void run() {
    long since;
    synchronized (this) {
      since = firstChange;
      scheduled = null;
    }
    try {
      push.accept(since);
    } catch (RuntimeException e) {
      LOG.error("[SELV-7301] a push failed; agents keep what they have", e);
    }
  }

  /** Runs {@code task} every {@code period} on the same thread. */
  void every(Duration period, Runnable task) {
    executor.scheduleWithFixedDelay(
        () -> {
          try {
            task.run();
          } catch (RuntimeException e) {
            LOG.error("[SELV-7302] a periodic task failed", e);
          }
        },
        period.toMillis(),
        period.toMillis(),
        TimeUnit.MILLISECONDS);
  }

  @Override
  public void close() {
    executor.shutdownNow();
  }
}
