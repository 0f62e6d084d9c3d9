package io.selvage.differential;

import io.selvage.engine.flow.Clock;
import io.selvage.engine.flow.Timer;
import java.time.Duration;
import java.util.PriorityQueue;

/** Time that moves only when nothing else is left to do. */
final class VirtualClock implements Clock, Timer {
  private record Task(long at, long order, Runnable run, boolean[] off) {}

  private final PriorityQueue<Task> queue =
      new PriorityQueue<>(
          (a, b) -> a.at != b.at ? Long.compare(a.at, b.at) : Long.compare(a.order, b.order));
  private long now = 1_000_000_000_000L;
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

  void after(Duration delay, Runnable task) {
    schedule(now + delay.toNanos(), task);
  }

  /** Runs the next task, moving time to it; false = there is none. */
  boolean step() {
    Task task = queue.poll();
    if (task == null) {
      return false;
    }
    now = Math.max(now, task.at);
    if (!task.off[0]) {
      task.run.run();
    }
    return true;
  }

  /** Runs what becomes due in this time. */
  void advance(Duration by) {
    long moment = now + by.toNanos();
    while (!queue.isEmpty() && queue.peek().at <= moment) {
      step();
    }
    now = Math.max(now, moment);
  }
}
