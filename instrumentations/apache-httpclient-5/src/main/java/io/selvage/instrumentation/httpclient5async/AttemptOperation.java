package io.selvage.instrumentation.httpclient5async;

import java.util.ArrayList;
import java.util.List;
import org.apache.hc.client5.http.async.AsyncExecRuntime;
import org.apache.hc.core5.concurrent.Cancellable;
import org.apache.hc.core5.concurrent.CancellableDependency;
import org.jspecify.annotations.Nullable;

/**
 * What the library is doing for one attempt, and how it is made to stop. A step that the library
 * begins after that is stopped at once. Any thread.
 */
final class AttemptOperation implements CancellableDependency {
  private static final ThreadLocal<@Nullable AttemptOperation> STOPPING = new ThreadLocal<>();

  private final AsyncExecRuntime runtime;
  private final boolean multiplexed;

  /** All of them: the library names a step that is over after the one that followed it. */
  private final List<Cancellable> steps = new ArrayList<>(3);

  private boolean cancelled;
  private boolean over;

  AttemptOperation(AsyncExecRuntime runtime, boolean multiplexed) {
    this.runtime = runtime;
    this.multiplexed = multiplexed;
  }

  /** Whether this thread is giving up an attempt whose answer is not whole. */
  static boolean isStopping() {
    return STOPPING.get() != null;
  }

  @Override
  public void setDependency(Cancellable next) {
    synchronized (this) {
      if (!cancelled) {
        steps.add(next);
        return;
      }
    }
    stop(List.of(next));
  }

  @Override
  public synchronized boolean isCancelled() {
    return cancelled;
  }

  @Override
  public boolean cancel() {
    List<Cancellable> all;
    synchronized (this) {
      if (cancelled || over) {
        return false;
      }
      cancelled = true;
      all = List.copyOf(steps);
    }
    stop(all);
    return true;
  }

  /** Requests that share a connection must not lose it with one of them. */
  private void stop(List<Cancellable> all) {
    STOPPING.set(this);
    try {
      all.forEach(Cancellable::cancel);
    } finally {
      STOPPING.remove();
    }
    if (!multiplexed) {
      runtime.discardEndpoint();
    }
  }

  private synchronized void over() {
    over = true;
    steps.clear();
  }

  /** The answer is whole; the connection can be used again. */
  void release() {
    over();
    if (!multiplexed) {
      runtime.releaseEndpoint();
    }
  }

  /** The connection is broken. */
  void discard() {
    over();
    if (!multiplexed) {
      runtime.discardEndpoint();
    }
  }
}
