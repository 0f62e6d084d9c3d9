package io.selvage.extension;

import java.lang.ref.Cleaner;

/**
 * Ends what an application has dropped without closing it: the last resort of a codec that ties an
 * exchange to a body or a connection. Any thread.
 */
public final class Abandonment {
  private static final Cleaner CLEANER =
      Cleaner.create(
          task -> {
            Thread thread = new Thread(null, task, "selvage-cleaner", 0, false);
            thread.setDaemon(true);
            return thread;
          });

  private Abandonment() {}

  /**
   * Runs {@code end} some time after {@code dropped} has become unreachable.
   *
   * @param end must not refer to {@code dropped}; harmless when the exchange has ended already
   */
  public static void watch(Object dropped, Runnable end) {
    CLEANER.register(dropped, end);
  }
}
