package io.selvage.engine.flow;

import org.jspecify.annotations.Nullable;

/**
 * No answer came.
 *
 * @param cause what the library threw; handed to the application as it is when this is the outcome
 */
public record Failed(Kind kind, @Nullable Throwable cause) implements Outcome {
  /** Why. */
  public enum Kind {
    /** No connection, or no TLS handshake: no byte of the request was sent. */
    CONNECT,
    /**
     * The stream was refused before any processing (HTTP/2 REFUSED_STREAM, GOAWAY above the last
     * stream).
     */
    REFUSED,
    /** The connection broke after bytes were sent. */
    RESET,
    /** The peer's identity was not the expected one: never retried, never plaintext. */
    PEER_IDENTITY,
    /** The route's or the inherited deadline passed. */
    TIMEOUT,
    /** The attempt's own time passed. */
    PER_TRY_TIMEOUT,
    /** The application no longer wants the answer. */
    CANCELLED,
    /** The library or the application threw for reasons of its own. */
    LOCAL
  }
}
