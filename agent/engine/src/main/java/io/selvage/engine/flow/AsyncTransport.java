package io.selvage.engine.flow;

/** Starts attempts of an asynchronous library; for {@link AsyncDriver}. */
public interface AsyncTransport {
  /**
   * Starts the attempt and returns at once; later, from any thread, calls {@link Reports#report}
   * once. Registers what {@link Attempt#abort} should do by {@link Attempt#onAbort}.
   */
  void send(Attempt attempt, Reports to);

  /**
   * Sends a copy of the request beside it (mirroring): drives {@code copy}, whose head the codec
   * made by {@link RequestHead#shadowCopy}, and drops the answer. A library that cannot leaves it.
   */
  default void shadow(Exchange copy) {
    copy.end(End.ABORTED);
  }

  /**
   * Whether the codec calls {@link Exchange#active} for every part of a body that passes, so that
   * idle times hold while the body streams.
   */
  default boolean tellsActivity() {
    return false;
  }

  /** Where an attempt tells what came of it. */
  interface Reports {
    /**
     * True when this outcome is the application's; false when it is superseded and its answer must
     * be dropped by the caller.
     */
    boolean report(Attempt attempt, Outcome outcome);
  }
}
