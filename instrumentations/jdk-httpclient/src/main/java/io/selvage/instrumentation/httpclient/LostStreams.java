package io.selvage.instrumentation.httpclient;

import io.selvage.engine.flow.Attempt;
import io.selvage.extension.Attachments;
import java.lang.ref.WeakReference;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Which attempts wait for streams that nobody will answer, as their connection was over when they
 * joined it. All are held weakly, as they refer to each other. Any thread.
 */
final class LostStreams {
  private static final Attachments<Boolean> OVER = new Attachments<>();
  private static final Attachments<WeakReference<Attempt>> ATTEMPTS = new Attachments<>();
  private static final Attachments<WeakReference<Runnable>> LOSSES = new Attachments<>();

  private LostStreams() {}

  /**
   * What is done when the attempt's stream is lost; before it is sent.
   *
   * @param lost what the library holds on to while it waits for the answer
   */
  static void watch(Attempt attempt, Runnable lost) {
    LOSSES.put(attempt, new WeakReference<>(lost));
  }

  /** The library's request of an attempt. */
  static void carries(Object request, Attempt attempt) {
    ATTEMPTS.put(request, new WeakReference<>(attempt));
  }

  static void over(Object connection) {
    OVER.put(connection, Boolean.TRUE);
  }

  static void registered(Object connection, Object request) {
    if (OVER.get(connection) == null) {
      return;
    }
    Attempt attempt = held(ATTEMPTS.get(request));
    Runnable lost = attempt == null ? null : held(LOSSES.get(attempt));
    if (lost != null) {
      CompletableFuture.runAsync(lost); // not under the connection's lock
    }
  }

  private static <T> @Nullable T held(@Nullable WeakReference<T> reference) {
    return reference == null ? null : reference.get();
  }
}
