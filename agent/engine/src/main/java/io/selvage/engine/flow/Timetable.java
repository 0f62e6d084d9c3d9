package io.selvage.engine.flow;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The moments that matter to an exchange, on its clock. {@link Long#MAX_VALUE} = never.
 *
 * <p>Only {@link #active} may be called from any thread. A base class and no object of its own, as
 * every request has one.
 */
abstract class Timetable {
  private final Clock clock;
  private final long startNanos;
  private long deadlineNanos = Long.MAX_VALUE;
  private long streamUntilNanos = Long.MAX_VALUE;
  private long idleNanos = Long.MAX_VALUE;
  private boolean tellsActivity;
  private boolean watched;
  private volatile long activeNanos;
  private long retryAtNanos = Long.MAX_VALUE;

  Timetable(Clock clock) {
    this.clock = clock;
    startNanos = clock.nanos();
  }

  public final long now() {
    return clock.nanos();
  }

  public final long startNanos() {
    return startNanos;
  }

  /** A wait of this length from now. */
  public final Wait waitFor(Duration delay) {
    return new Wait(now() + delay.toNanos(), null);
  }

  /** The whole request is over at this moment; only ever moved earlier. */
  public final void deadlineNanos(long moment) {
    deadlineNanos = Math.min(deadlineNanos, moment);
  }

  public final long deadlineNanos() {
    return deadlineNanos;
  }

  /**
   * The stream is over at this moment, its body included; only ever moved earlier. Source: Envoy
   * {@code max_stream_duration}.
   */
  public final void streamUntilNanos(long moment) {
    streamUntilNanos = Math.min(streamUntilNanos, moment);
  }

  final long streamUntilNanos() {
    return streamUntilNanos;
  }

  /**
   * How long nothing may be heard of the stream; positive. Source: Envoy {@code
   * stream_idle_timeout} and {@code idle_timeout}.
   */
  public final void idleNanos(long length) {
    idleNanos = length;
    activeNanos = now();
    watched = true;
  }

  /** An idle time of an attempt is to be counted. */
  final void watch() {
    watched = true;
  }

  /**
   * The driver's transport calls {@link #active} while the body streams, so that an idle time may
   * be counted there; without it an idle time ends with the response headers.
   */
  final void tellsActivity() {
    tellsActivity = true;
  }

  final boolean isActivityTold() {
    return tellsActivity;
  }

  /** A part of the body has passed. Any thread; cheap when no idle time is set. */
  public final void active() {
    if (watched && tellsActivity) {
      activeNanos = now();
    }
  }

  final long activeNanos() {
    return activeNanos;
  }

  /** The moment at which the stream has been idle for too long. */
  final long idleUntilNanos() {
    return idleNanos == Long.MAX_VALUE ? Long.MAX_VALUE : activeNanos + idleNanos;
  }

  final void retryAt(long moment) {
    retryAtNanos = Math.min(retryAtNanos, moment);
  }

  final void noRetry() {
    retryAtNanos = Long.MAX_VALUE;
  }

  final boolean isRetryDue(long now) {
    return now >= retryAtNanos;
  }

  /** Whether a retry was decided that is not sent yet. */
  public final boolean isRetryPending() {
    return retryAtNanos != Long.MAX_VALUE;
  }

  /** The earliest moment that matters before there is an outcome. */
  final long nextNanos(@Nullable Wait pending, @Nullable Attempt last) {
    long wake = Math.min(Math.min(deadlineNanos, retryAtNanos), streamUntilNanos);
    if (idleNanos != Long.MAX_VALUE) {
      wake = Math.min(wake, idleUntilNanos());
    }
    if (pending != null) {
      wake = Math.min(wake, pending.untilNanos());
    }
    for (Attempt a = last; a != null; a = a.earlier) {
      if (!a.over) {
        wake = Math.min(wake, a.untilNanos());
      }
    }
    return wake;
  }

  /** The earliest moment at which the winner's body is cut off. */
  final long bodyUntilNanos(@Nullable Attempt winner) {
    long until = Math.min(deadlineNanos, streamUntilNanos);
    if (winner != null) {
      until = Math.min(until, winner.streamUntilNanos());
      if (tellsActivity) {
        until = Math.min(until, Math.min(idleUntilNanos(), winner.idleUntilNanos(activeNanos)));
      }
    }
    return until;
  }

  /** Why a body is cut off now: Envoy's response flag. */
  final String bodyFlag(long now, Attempt winner) {
    if (now >= deadlineNanos) {
      return "UT";
    }
    if (now >= winner.streamUntilNanos()) {
      return "UMSDR";
    }
    if (now >= streamUntilNanos) {
      return "-"; // Envoy has a flag of that name for connections only
    }
    return now >= idleUntilNanos() ? "SI" : "UT";
  }

  /** A failure after the time is past is that time's failure, whatever the library called it. */
  final Outcome named(Attempt a, Outcome reported) {
    if (reported instanceof Failed f
        && (f.kind() != Failed.Kind.CANCELLED || a.isAborted())
        && a.untilNanos() != Long.MAX_VALUE) {
      long now = now();
      if (now >= deadlineNanos()) {
        return new Failed(Failed.Kind.TIMEOUT, f.cause());
      }
      if (now >= a.untilNanos()) {
        return new Failed(Failed.Kind.PER_TRY_TIMEOUT, f.cause());
      }
    }
    return reported;
  }

  static boolean isAnotherUnderWay(@Nullable Attempt last, Attempt than) {
    for (Attempt a = last; a != null; a = a.earlier) {
      if (a != than && !a.over) {
        return true;
      }
    }
    return false;
  }
}
