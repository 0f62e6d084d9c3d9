package io.selvage.engine.flow;

import java.time.Duration;
import java.util.PriorityQueue;

/** A clock and a timer whose time a test moves. */
public final class VirtualTime implements Clock, Timer {
  private record Task(long at, long order, Runnable run, boolean[] off) {}

  private final PriorityQueue<Task> queue =
      new PriorityQueue<>(
          (a, b) -> a.at != b.at ? Long.compare(a.at, b.at) : Long.compare(a.order, b.order));
  private long now = 1_000_000_000L;
  private long order;

  @Override
  public long nanos() {
    return now;
  }

  @Override
  public Scheduled schedule(long atNanos, Runnable task) {
    Task entry = new Task(atNanos, order++, task, new boolean[1]);
    queue.add(entry);
    return () -> {
      entry.off[0] = true;
      queue.remove(entry);
    };
  }

  /** Moves time and runs what becomes due, in order. */
  public void advance(Duration by) {
    advanceTo(now + by.toNanos());
  }

  public void advanceTo(long moment) {
    while (!queue.isEmpty() && queue.peek().at <= moment) {
      Task task = queue.poll();
      now = Math.max(now, task.at);
      if (!task.off[0]) {
        task.run.run();
      }
    }
    now = Math.max(now, moment);
  }

  /** How many timers are armed. */
  public int armed() {
    return queue.size();
  }
}
