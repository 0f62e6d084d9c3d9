package io.selvage.engine.flow;

import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * One attempt on the wire, by the library's own call; for {@link BlockingDriver}.
 *
 * <p>Called on the application's thread. Must not throw: what the library threw becomes {@link
 * Failed}.
 */
public interface Transport {
  /**
   * Sends and waits for response headers. Registers by {@link Attempt#onAbort} how the call is made
   * to fail, or sets the library's own time-outs from {@link Attempt#remainingNanos}.
   */
  Outcome send(Attempt attempt);

  /** An answer that is superseded by another attempt: close it and give the connection back. */
  void discard(Outcome outcome);

  /**
   * Completes when the application no longer wants the answer; asked when the exchange makes its
   * caller wait for something that is not the library's. Null = the library tells nobody, so that
   * only an interrupt ends the wait.
   */
  default @Nullable CompletionStage<?> cancelled() {
    return null;
  }

  /** See {@link AsyncTransport#tellsActivity}. */
  default boolean tellsActivity() {
    return false;
  }

  /**
   * Where {@link #send} may run for hedged requests, several at the same time; null = the library
   * cannot, and a hedge waits for the attempt before it to be given up.
   */
  default @Nullable Executor forks() {
    return null;
  }

  /**
   * Sends a copy of the request beside it (mirroring), never on the caller's thread: drives {@code
   * copy}, whose head the codec made by {@link RequestHead#shadowCopy}, and drops the answer. A
   * library that cannot leaves it.
   */
  default void shadow(Exchange copy) {
    copy.end(End.ABORTED);
  }
}
