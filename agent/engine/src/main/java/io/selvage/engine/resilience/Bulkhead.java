package io.selvage.engine.resilience;

import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Places for calls that may be under way at once, and a bounded queue for them, first come first
 * served. Any thread. Limits are handed in with each call, so that they can change.
 *
 * <p>A short lock holds places and queue together: counted apart, a call would now and then be
 * refused a place that has just become free. Turns are told outside of it.
 */
final class Bulkhead {
  private final ArrayDeque<Place> queue = new ArrayDeque<>();
  private volatile int taken;

  /** A call's place, or its turn in the queue. */
  final class Place {
    private static final int WAITING = 0;
    private static final int TAKEN = 1;
    private static final int OVER = 2;
    private volatile int state;
    private final AtomicReference<@Nullable CompletableFuture<Void>> turn = new AtomicReference<>();
    private final int limit;

    /** Granted at the same moment, as limits may grow. */
    private @Nullable Place alsoGranted;

    private Place(int state, int limit) {
      this.state = state;
      this.limit = limit;
    }

    boolean isTaken() {
      return state == TAKEN;
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

    private void tell() {
      CompletableFuture<Void> stage = turn.get();
      if (stage != null) {
        stage.complete(null);
      }
    }

    /** Gives the place, or the turn, back. Twice is harmless. */
    void leave() {
      Place next = null;
      synchronized (queue) {
        int before = state;
        state = OVER;
        if (before == WAITING) {
          queue.remove(this);
        } else if (before == TAKEN) {
          taken--;
          next = hand(limit);
        }
      }
      for (; next != null; next = next.alsoGranted) {
        next.tell();
      }
    }
  }

  /** A place at once, or null when all are taken. */
  @Nullable Place take(int limit) {
    synchronized (queue) {
      if (!queue.isEmpty() || taken >= limit) {
        return null;
      }
      taken++;
      return new Place(Place.TAKEN, limit);
    }
  }

  /** A place at once, else a turn in the queue; null when both are full. */
  @Nullable Place enter(int limit, int waiting) {
    synchronized (queue) {
      Place place = take(limit);
      return place != null || waiting == 0 ? place : queue(limit, waiting);
    }
  }

  /** A turn in the queue (which may be over already), or null when the queue is full. */
  @Nullable Place queue(int limit, int maximum) {
    synchronized (queue) {
      // a place may have become free since the look for one
      Place at = take(limit);
      if (at == null && queue.size() < maximum) {
        at = new Place(Place.WAITING, limit);
        queue.add(at);
      }
      return at;
    }
  }

  int taken() {
    return taken;
  }

  int waiting() {
    synchronized (queue) {
      return queue.size();
    }
  }

  /** Gives free places to those that wait longest; returns the last of them, linked. */
  private @Nullable Place hand(int limit) {
    Place granted = null;
    while (taken < limit) {
      Place next = queue.poll();
      if (next == null) {
        break;
      }
      taken++;
      next.state = Place.TAKEN;
      next.alsoGranted = granted;
      granted = next;
    }
    return granted;
  }
}
