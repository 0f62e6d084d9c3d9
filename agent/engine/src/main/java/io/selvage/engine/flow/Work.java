package io.selvage.engine.flow;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * What an application does for one request that came in, on however many threads: the attempts that
 * are under way for it, and what they learnt that its caller must know. Any thread.
 */
public final class Work {
  private static final AtomicReferenceFieldUpdater<Work, @Nullable Set<Attempt>> LIVE =
      castUpdater();

  private final boolean retry;
  private volatile boolean gone;
  private volatile boolean spent;
  // most requests call nobody: the set is made by the first attempt
  private volatile @Nullable Set<Attempt> live;

  /**
   * @param retry whether the request is a repetition, or done for one
   */
  public Work(boolean retry) {
    this.retry = retry;
  }

  @SuppressWarnings({"unchecked", "rawtypes"})
  private static AtomicReferenceFieldUpdater<Work, @Nullable Set<Attempt>> castUpdater() {
    return (AtomicReferenceFieldUpdater)
        AtomicReferenceFieldUpdater.newUpdater(Work.class, Set.class, "live");
  }

  /** Whether an upstream hop repeats this request: what is done for it is not repeated again. */
  public boolean isRetry() {
    return retry;
  }

  /** Whether nobody waits for the answer any more. */
  public boolean isGone() {
    return gone;
  }

  /** Whether a hop below has failed for good, so that repeating the request above cannot help. */
  public boolean isSpent() {
    return spent;
  }

  public void spent() {
    spent = true;
  }

  /** An attempt is about to be sent; false when the caller has gone and it must not be. */
  public boolean begin(Attempt attempt) {
    if (gone) {
      return false;
    }
    Set<Attempt> attempts = live;
    if (attempts == null) {
      LIVE.compareAndSet(this, null, ConcurrentHashMap.newKeySet(4));
      attempts = live;
    }
    if (attempts != null) {
      attempts.add(attempt);
    }
    if (gone) {
      attempt.abort();
    }
    return true;
  }

  /** An attempt is over. */
  public void end(Attempt attempt) {
    Set<Attempt> attempts = live;
    if (attempts != null) {
      attempts.remove(attempt);
    }
  }

  /** The caller has gone: everything under way is aborted, nothing more begins. */
  public void callerGone() {
    gone = true;
    Set<Attempt> attempts = live;
    if (attempts != null) {
      attempts.forEach(Attempt::abort);
    }
  }

  /** Attempts under way; for tests and reports. */
  public int underWay() {
    Set<Attempt> attempts = live;
    return attempts == null ? 0 : attempts.size();
  }
}
