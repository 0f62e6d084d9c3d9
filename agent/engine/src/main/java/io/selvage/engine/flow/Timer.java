package io.selvage.engine.flow;

/** Runs something at a moment; one wheel serves all exchanges. Any thread. */
public interface Timer {
  /**
   * Runs {@code task} at or shortly after {@code atNanos} on the engine's clock, on a thread that
   * must not be blocked.
   */
  Scheduled schedule(long atNanos, Runnable task);

  /** Something scheduled. */
  interface Scheduled {
    /** Takes it back if it has not run; harmless otherwise. */
    void cancel();
  }
}
