package io.selvage.engine.balancing;

/**
 * Earliest deadline first: who was picked comes again after one over its weight. Source: Envoy
 * {@code EdfScheduler}.
 *
 * <p>Under a lock, as the next pick depends on the last one and weights may have changed meanwhile;
 * it is held for the repair of a heap. Weights that stay use {@link Schedule}, which has none.
 */
final class Edf {
  /** The weight of an entry as it is now; greater than 0. */
  interface Weights {
    double of(int entry);
  }

  private final int[] entries;
  private final double[] deadlines;
  private final long[] orders;
  private double time;
  private long order;

  /**
   * Starts somewhere in the schedule.
   *
   * @param skipped how many picks are thought to have been made
   */
  Edf(int size, Weights weights, int skipped) {
    entries = new int[size];
    deadlines = new double[size];
    orders = new long[size];
    for (int i = 0; i < size; i++) {
      int at = i;
      double deadline = 1.0 / weights.of(i);
      while (at > 0 && deadlines[(at - 1) >>> 1] > deadline) {
        move((at - 1) >>> 1, at);
        at = (at - 1) >>> 1;
      }
      put(at, i, deadline, order++);
    }
    for (int i = 0; i < skipped; i++) {
      pick(weights);
    }
  }

  /** The entry whose turn it is. */
  synchronized int pick(Weights weights) {
    int entry = entries[0];
    time = deadlines[0];
    sink(entry, time + 1.0 / weights.of(entry), order++);
    return entry;
  }

  private void sink(int entry, double deadline, long turn) {
    int at = 0;
    for (; ; ) {
      int child = 2 * at + 1;
      if (child >= entries.length) {
        break;
      }
      if (child + 1 < entries.length && before(child + 1, deadlines[child], orders[child])) {
        child++;
      }
      if (!before(child, deadline, turn)) {
        break;
      }
      move(child, at);
      at = child;
    }
    put(at, entry, deadline, turn);
  }

  private boolean before(int at, double deadline, long turn) {
    return deadlines[at] < deadline || (deadlines[at] == deadline && orders[at] < turn);
  }

  private void move(int from, int to) {
    put(to, entries[from], deadlines[from], orders[from]);
  }

  private void put(int at, int entry, double deadline, long turn) {
    entries[at] = entry;
    deadlines[at] = deadline;
    orders[at] = turn;
  }
}
