package io.selvage.engine.flow;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A hashed timer wheel: nothing runs early, and at most one tick late plus what its thread loses.
 *
 * <p>The wheel has no thread. Its owner calls {@link #advance} when time has passed, not later than
 * the moment that the last call returned, and earlier when told so by the listener given to the
 * constructor. Tasks run on the owner's thread, outside the wheel's lock. Any thread may schedule
 * and cancel; both cost a short lock and no search.
 */
public final class TimerWheel implements Timer {
  /** Resolution. */
  public static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private static final int SLOTS = 1024;

  private final Object lock = new Object();
  private final @Nullable Node[] slots = new @Nullable Node[SLOTS];
  private final long originNanos;
  private final LongConsumer earlier;
  private long doneTick;
  private long wakeTick = Long.MAX_VALUE;
  private int size;

  /**
   * @param nowNanos the present on the clock that {@link #advance} will be told
   * @param earlier told, on the scheduling thread, a moment that is before the one that {@link
   *     #advance} returned last
   */
  public TimerWheel(long nowNanos, LongConsumer earlier) {
    this.originNanos = nowNanos;
    this.earlier = earlier;
  }

  @Override
  public Scheduled schedule(long atNanos, Runnable task) {
    boolean wakes;
    Node node;
    synchronized (lock) {
      node = new Node(this, Math.max(tickAfter(atNanos), doneTick + 1), task);
      link(node);
      wakes = node.tick < wakeTick;
      if (wakes) {
        wakeTick = node.tick;
      }
    }
    if (wakes) {
      earlier.accept(momentOf(node.tick));
    }
    return node;
  }

  /**
   * Runs what is due.
   *
   * @return the moment of the next call, {@link Long#MAX_VALUE} when nothing is scheduled
   */
  public long advance(long nowNanos) {
    for (Node task : due(nowNanos)) {
      task.run();
    }
    synchronized (lock) {
      wakeTick = nextTick();
      return wakeTick == Long.MAX_VALUE ? Long.MAX_VALUE : momentOf(wakeTick);
    }
  }

  /** How many tasks wait. */
  public int size() {
    synchronized (lock) {
      return size;
    }
  }

  private List<Node> due(long nowNanos) {
    List<Node> due = new ArrayList<>();
    synchronized (lock) {
      long nowTick = Math.floorDiv(nowNanos - originNanos, TICK_NANOS);
      long from = Math.max(doneTick + 1, nowTick - SLOTS + 1);
      for (long tick = from; tick <= nowTick && size > 0; tick++) {
        collect((int) (tick % SLOTS), nowTick, due);
      }
      doneTick = Math.max(doneTick, nowTick);
    }
    due.sort((a, b) -> Long.compare(a.tick, b.tick));
    return due;
  }

  private void collect(int slot, long nowTick, List<Node> due) {
    for (Node node = slots[slot]; node != null; ) {
      Node next = node.next;
      if (node.tick <= nowTick) {
        unlink(node);
        due.add(node);
      }
      node = next;
    }
  }

  /** The first tick with something in its slot; at most one round ahead. */
  private long nextTick() {
    if (size == 0) {
      return Long.MAX_VALUE;
    }
    long farthest = doneTick + SLOTS;
    for (long tick = doneTick + 1; tick <= farthest; tick++) {
      for (Node node = slots[(int) (tick % SLOTS)]; node != null; node = node.next) {
        if (node.tick <= tick) {
          return tick;
        }
      }
    }
    return farthest;
  }

  private long tickAfter(long atNanos) {
    long since = atNanos - originNanos;
    return since <= 0 ? 0 : Math.floorDiv(since - 1, TICK_NANOS) + 1;
  }

  private long momentOf(long tick) {
    return originNanos + tick * TICK_NANOS;
  }

  private void link(Node node) {
    int slot = (int) (node.tick % SLOTS);
    Node head = slots[slot];
    node.next = head;
    if (head != null) {
      head.previous = node;
    }
    slots[slot] = node;
    node.linked = true;
    size++;
  }

  private void unlink(Node node) {
    Node previous = node.previous;
    Node next = node.next;
    if (previous == null) {
      slots[(int) (node.tick % SLOTS)] = next;
    } else {
      previous.next = next;
    }
    if (next != null) {
      next.previous = previous;
    }
    node.previous = null;
    node.next = null;
    node.linked = false;
    size--;
  }

  private static final class Node implements Scheduled {
    private final TimerWheel wheel;
    private final long tick;
    private final Runnable task;
    private volatile boolean cancelled;
    private boolean linked;
    private @Nullable Node previous;
    private @Nullable Node next;

    Node(TimerWheel wheel, long tick, Runnable task) {
      this.wheel = wheel;
      this.tick = tick;
      this.task = task;
    }

    @Override
    public void cancel() {
      cancelled = true;
      synchronized (wheel.lock) {
        if (linked) {
          wheel.unlink(this);
        }
      }
    }

    void run() {
      if (!cancelled) {
        task.run();
      }
    }
  }
}
