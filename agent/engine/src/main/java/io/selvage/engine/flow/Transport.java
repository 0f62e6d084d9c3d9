package io.selvage.engine.flow;

/**
 * One attempt on the wire, by the library's own call; for {@link BlockingDriver}.
 *
 * <p>Called on the application's thread. Must not throw: what the library threw becomes {@link Failed}.
 */
public interface Transport {
  /** Sends and waits for response headers. */
  Outcome send(Attempt attempt);

  /** An answer that is superseded by another attempt: close it and give the connection back. */
  void discard(Outcome outcome);
}
