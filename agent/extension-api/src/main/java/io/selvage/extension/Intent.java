package io.selvage.extension;

import io.selvage.engine.flow.Attempt;
import org.jspecify.annotations.Nullable;

/**
 * The attempt that the current thread is carrying out, so that a seam further down (connect, pool,
 * TLS) knows where it belongs.
 *
 * <p>Set by the request tier around one library call. Exactly one layer owns TLS on a connection:
 * {@link #tlsOwned()} says that the library's own code does, so the floor must leave the socket
 * alone.
 */
public final class Intent implements AutoCloseable {
  private static final ThreadLocal<@Nullable Intent> CURRENT = new ThreadLocal<>();

  private final @Nullable Attempt attempt;
  private final boolean tlsOwned;
  private final boolean bypass;
  private final @Nullable Intent outer;

  private Intent(@Nullable Attempt attempt, boolean tlsOwned, boolean bypass) {
    this.attempt = attempt;
    this.tlsOwned = tlsOwned;
    this.bypass = bypass;
    this.outer = CURRENT.get();
    CURRENT.set(this);
  }

  /** What is opened on this thread until close belongs to the attempt. */
  public static Intent of(Attempt attempt, boolean tlsOwned) {
    return new Intent(attempt, tlsOwned, false);
  }

  /** What is opened on this thread until close is the agent's own and not meshed. */
  public static Intent bypass() {
    return new Intent(null, true, true);
  }

  public static @Nullable Intent current() {
    return CURRENT.get();
  }

  /** The attempt of this thread; null when there is none. */
  public static @Nullable Attempt attemptOfThread() {
    Intent intent = CURRENT.get();
    return intent == null ? null : intent.attempt;
  }

  /** Whether this thread is doing the agent's own work. */
  public static boolean isBypassed() {
    Intent intent = CURRENT.get();
    return intent != null && intent.bypass;
  }

  public @Nullable Attempt attempt() {
    return attempt;
  }

  public boolean tlsOwned() {
    return tlsOwned;
  }

  @Override
  public void close() {
    if (outer == null) {
      CURRENT.remove();
    } else {
      CURRENT.set(outer);
    }
  }
}
