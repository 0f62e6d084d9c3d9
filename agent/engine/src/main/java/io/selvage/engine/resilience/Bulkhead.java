package io.selvage.engine.resilience;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Places for calls that may be under way at once, and a bounded queue for them, first come first
 * served. Any thread; lock-free. Limits are handed in with each call, so that they can change.
 */
final class Bulkhead {
  private final AtomicInteger taken = new AtomicInteger();
  private final AtomicInteger waiting = new AtomicInteger();
  private final ConcurrentLinkedQueue<Place> queue = new ConcurrentLinkedQueue<>();

  /** A call's place, or its turn in the queue. */
  final class Place {
    private static final int WAITING = 0;
    private static final int TAKEN = 1;
    private static final int OVER = 2;
    private final AtomicInteger state;
    private final AtomicReference<@Nullable CompletableFuture<Void>> turn = new AtomicReference<>();
    private final int limit;

    private Place(int state, int limit) {
      this.state = new AtomicInteger(state);
      this.limit = limit;
    }

    boolean isTaken() {
      return state.get() == TAKEN;
    }

    /** Completed when the place is taken. */
    CompletionStage<Void> turn() {
      CompletableFuture<Void> made = new CompletableFuture<>();
      @Nullable CompletableFuture<Void> earlier = turn.compareAndExchange(null, made);
      CompletableFuture<Void> stage = earlier == null ? made : earlier;
      if (isTaken()) {
        stage.complete(null);
      }
      return stage;
    }

    private boolean grant() {
      if (!state.compareAndSet(WAITING, TAKEN)) {
        return false;
      }
      CompletableFuture<Void> stage = turn.get();
      if (stage != null) {
        stage.complete(null);
      }
      return true;
    }

    /** Gives the place, or the turn, back. Twice is harmless. */
    void leave() {
      int before = state.getAndSet(OVER);
      if (before == WAITING) {
        waiting.decrementAndGet();
        queue.remove(this);
      } else if (before == TAKEN) {
        release(limit);
      }
    }
  }

  /** A place at once, or null when all are taken. */
  @org.jspecify.annotations.Nullable
  Place take(int limit) {
    return queue.isEmpty() && acquire(limit) ? new Place(Place.TAKEN, limit) : null;
  }

  /** A turn in the queue (which may be over already), or null when the queue is full. */
  @org.jspecify.annotations.Nullable
  Place queue(int limit, int maximum) {
    if (waiting.incrementAndGet() > maximum) {
      waiting.decrementAndGet();
      return null;
    }
    Place place = new Place(Place.WAITING, limit);
    queue.add(place);
    // a place may have become free between the look and the entry
    hand(limit);
    return place;
  }

  /** A place at once, else a turn in the queue; null when both are full. */
  @org.jspecify.annotations.Nullable
  Place enter(int limit, int waiting) {
    Place place = take(limit);
    return place != null || waiting == 0 ? place : queue(limit, waiting);
  }

  int taken() {
    return taken.get();
  }

  int waiting() {
    return waiting.get();
  }

  private boolean acquire(int limit) {
    for (; ; ) {
      int now = taken.get();
      if (now >= limit) {
        return false;
      }
      if (taken.compareAndSet(now, now + 1)) {
        return true;
      }
    }
  }

  private void release(int limit) {
    taken.decrementAndGet();
    hand(limit);
  }

  /** Gives free places to those that wait. */
  private void hand(int limit) {
    while (!queue.isEmpty() && acquire(limit)) {
      Place next = queue.poll();
      if (next == null) {
        taken.decrementAndGet();
        continue;
      }
      if (next.grant()) {
        waiting.decrementAndGet();
      } else {
        taken.decrementAndGet();
      }
    }
  }
}
