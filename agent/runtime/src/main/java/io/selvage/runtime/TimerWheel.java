package io.selvage.runtime;

import io.selvage.engine.flow.Clock;
import io.selvage.engine.flow.Timer;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A hashed wheel: one daemon thread serves all exchanges; scheduling and taking back are O(1).
 *
 * <p>Tasks run on the wheel's thread, up to one tick late, and must be short. The thread starts
 * with the first task and sleeps while there is none.
 */
final class TimerWheel implements Timer, AutoCloseable {
  private static final int SLOTS = 512;
  private static final long TICK = 4_000_000;

  private static final class Node implements Scheduled {
    private final TimerWheel wheel;
    private final long at;
    private final Runnable task;
    private int slot;
    private boolean linked;
    private @Nullable Node before;
    private @Nullable Node after;

    Node(TimerWheel wheel, long at, Runnable task) {
      this.wheel = wheel;
      this.at = at;
      this.task = task;
    }

    @Override
    public void cancel() {
      synchronized (wheel) {
        wheel.unlink(this);
      }
    }
  }

  private final Clock clock;
  private final Consumer<Throwable> bugs;
  private final @Nullable Node[] heads = new Node[SLOTS];
  private final long origin;
  private long tick;
  private int size;
  private boolean closed;
  private @Nullable Thread thread;

  /**
   * @param bugs told of a task that throws
   */
  TimerWheel(Clock clock, Consumer<Throwable> bugs) {
    this.clock = clock;
    this.bugs = bugs;
    this.origin = clock.nanos();
  }

  @Override
  public Scheduled schedule(long atNanos, Runnable task) {
    Node node = new Node(this, atNanos, task);
    synchronized (this) {
      if (closed) {
        return node;
      }
      if (size == 0) {
        // the wheel stood still while it was empty
        tick = Math.max(tick, (clock.nanos() - origin) / TICK);
      }
      long due = Math.max((atNanos - origin + TICK - 1) / TICK, tick + 1);
      link(node, (int) (due % SLOTS));
      if (thread == null) {
        thread = new Thread(this::turn, "selvage-timer");
        thread.setDaemon(true);
        thread.start();
      } else if (size == 1) {
        notifyAll();
      }
    }
    return node;
  }

  private void link(Node node, int slot) {
    node.slot = slot;
    node.linked = true;
    Node head = heads[slot];
    node.after = head;
    if (head != null) {
      head.before = node;
    }
    heads[slot] = node;
    size++;
  }

  private void unlink(Node node) {
    if (!node.linked) {
      return;
    }
    node.linked = false;
    Node before = node.before;
    Node after = node.after;
    if (before == null) {
      heads[node.slot] = after;
    } else {
      before.after = after;
    }
    if (after != null) {
      after.before = before;
    }
    node.before = null;
    node.after = null;
    size--;
  }

  /** How many tasks wait. */
  synchronized int size() {
    return size;
  }

  private void turn() {
    while (awaitWork()) {
      long wait;
      synchronized (this) {
        wait = origin + (tick + 1) * TICK - clock.nanos();
      }
      if (wait > 0) {
        LockSupport.parkNanos(wait);
      }
      advance(clock.nanos());
    }
  }

  private synchronized boolean awaitWork() {
    while (size == 0 && !closed) {
      try {
        wait();
      } catch (InterruptedException stop) {
        return false;
      }
    }
    return !closed;
  }

  /** Runs what is due. */
  void advance(long now) {
    for (; ; ) {
      Node due;
      synchronized (this) {
        due = due(now);
      }
      if (due == null) {
        return;
      }
      try {
        due.task.run();
      } catch (RuntimeException | Error bug) {
        bugs.accept(bug);
      }
    }
  }

  private @Nullable Node due(long now) {
    long until = (now - origin) / TICK;
    if (until - tick > SLOTS) {
      // after a long pause each slot needs to be seen once only
      tick = until - SLOTS;
    }
    while (tick <= until) {
      for (Node node = heads[(int) (tick % SLOTS)]; node != null; node = node.after) {
        if (node.at <= now) {
          unlink(node);
          return node;
        }
      }
      if (tick == until) {
        return null;
      }
      tick++;
    }
    return null;
  }

  @Override
  public synchronized void close() {
    closed = true;
    notifyAll();
  }
}
