package io.selvage.engine.flow;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Carries out an exchange on the caller's thread. */
public final class BlockingDriver {
  /** How a thread waits; tests replace it to move time by hand. */
  public interface Sleeper {
    /** Returns at {@code untilNanos} or when {@code on} is complete. */
    void sleepUntil(long untilNanos, Wait wait) throws InterruptedException;
  }

  private final Sleeper sleeper;
  private final @Nullable Timer timer;

  public BlockingDriver(Sleeper sleeper) {
    this(sleeper, null);
  }

  /**
   * @param timer aborts attempts that are overdue while the library blocks; null = the library's
   *     own time-outs are relied on
   */
  public BlockingDriver(Sleeper sleeper, @Nullable Timer timer) {
    this.sleeper = sleeper;
    this.timer = timer;
  }

  /** Waits in real time; overdue attempts end by the library's own time-outs. */
  public static BlockingDriver real(Clock clock) {
    return real(clock, null);
  }

  /** Waits in real time; overdue attempts and bodies are aborted by the timer. */
  public static BlockingDriver real(Clock clock, @Nullable Timer timer) {
    return new BlockingDriver((until, wait) -> await(clock, until, wait), timer);
  }

  /**
   * Runs the exchange to its outcome. After {@link Responded} the codec must call {@link
   * Exchange#end} at the body's end; after anything else this driver has done so.
   *
   * @throws InterruptedException when the thread is interrupted while waiting; the exchange is
   *     cancelled and ended then
   */
  public Outcome run(Exchange x, Transport transport) throws InterruptedException {
    if (transport.tellsActivity()) {
      x.tellsActivity();
    }
    Executor forks = transport.forks();
    if (forks != null) {
      x.allowForks();
    }
    Action next = x.begin();
    for (; ; ) {
      if (next instanceof Outcome outcome) {
        return finished(x, outcome);
      }
      if (next instanceof Attempt attempt) {
        if (forks != null && x.facts().hedges) {
          return hedged(x, new HedgedRun(x, transport, forks, sleeper), attempt);
        }
        for (Exchange copy = x.takeShadow(); copy != null; copy = x.takeShadow()) {
          transport.shadow(copy);
        }
        Outcome outcome = send(attempt, transport);
        next = x.onOutcome(attempt, outcome);
        if (next != outcome && outcome instanceof Responded) {
          transport.discard(outcome);
        }
        continue;
      }
      next = waited(x, (Wait) next, transport);
    }
  }

  /** As {@link #waited(Exchange, Wait)}, but that the application may give the request up. */
  private Action waited(Exchange x, Wait wait, Transport transport) throws InterruptedException {
    CompletionStage<?> cancelled = transport.cancelled();
    if (cancelled == null) {
      return waited(x, wait);
    }
    CompletableFuture<?> given = cancelled.toCompletableFuture();
    CompletionStage<?> on =
        wait.on() == null ? given : CompletableFuture.anyOf(wait.on().toCompletableFuture(), given);
    sleep(x, new Wait(wait.untilNanos(), on));
    return given.isDone() ? x.cancel(new Failed(Failed.Kind.CANCELLED, null)) : x.onTime();
  }

  private Outcome hedged(Exchange x, HedgedRun run, Attempt first) throws InterruptedException {
    try {
      return finished(x, run.run(first));
    } catch (InterruptedException interrupted) {
      x.end(End.ABORTED);
      throw interrupted;
    }
  }

  private Outcome finished(Exchange x, Outcome outcome) {
    if (outcome instanceof Responded) {
      watchBody(x);
    } else {
      x.end(End.ABORTED);
    }
    return outcome;
  }

  /**
   * Waits until there is something to send, or an outcome without it: for seams that are a pair of
   * advices around the library's own call. After an outcome the exchange has ended; after an
   * attempt the seam reports to the exchange itself.
   *
   * @return an {@link Attempt} or an {@link Outcome}
   * @throws InterruptedException as {@link #run}
   */
  public Action begin(Exchange x) throws InterruptedException {
    return next(x, x.begin());
  }

  /**
   * Reports what came of an attempt that {@link #begin} or this method gave, and waits until there
   * is something to send, or an outcome. After {@link Responded} the seam ends the exchange at the
   * body's end; after any other outcome it has ended.
   *
   * @throws InterruptedException as {@link #run}
   */
  public Action report(Exchange x, Attempt attempt, Outcome outcome) throws InterruptedException {
    return next(x, x.onOutcome(attempt, outcome));
  }

  private Action next(Exchange x, Action first) throws InterruptedException {
    Action next = first;
    while (next instanceof Wait wait) {
      next = waited(x, wait);
    }
    if (next instanceof Outcome && !(next instanceof Responded)) {
      x.end(End.ABORTED);
    }
    return next;
  }

  private Action waited(Exchange x, Wait wait) throws InterruptedException {
    sleep(x, wait);
    return x.onTime();
  }

  private void sleep(Exchange x, Wait wait) throws InterruptedException {
    try {
      sleeper.sleepUntil(x.wakeAtNanos(), wait);
    } catch (InterruptedException interrupted) {
      x.cancel(new Failed(Failed.Kind.CANCELLED, interrupted));
      x.end(End.ABORTED);
      throw interrupted;
    }
  }

  private Outcome send(Attempt attempt, Transport transport) {
    Timer wheel = timer;
    long deadline = attempt.untilNanos();
    if (wheel == null || deadline == Long.MAX_VALUE) {
      return attempted(attempt, transport);
    }
    Timer.Scheduled alarm = wheel.schedule(deadline, attempt::abort);
    try {
      return attempted(attempt, transport);
    } finally {
      alarm.cancel();
    }
  }

  /** The route's timeout and the stream's limits cover the body too, as in Envoy. */
  private void watchBody(Exchange x) {
    Attempt winner = x.currentAttempt();
    if (timer != null && winner != null && x.wakeAtNanos() != Long.MAX_VALUE) {
      new BodyWatch(x, winner, timer).start();
    }
  }

  static Outcome attempted(Attempt attempt, Transport transport) {
    try {
      return transport.send(attempt);
    } catch (RuntimeException | Error broken) {
      return new Failed(Failed.Kind.LOCAL, broken);
    }
  }

  private static void await(Clock clock, long untilNanos, Wait wait) throws InterruptedException {
    long left = untilNanos == Long.MAX_VALUE ? Long.MAX_VALUE : untilNanos - clock.nanos();
    if (left <= 0) {
      return;
    }
    if (wait.on() == null) {
      TimeUnit.NANOSECONDS.sleep(left);
      return;
    }
    awaitStage(left, wait);
  }

  private static void awaitStage(long left, Wait wait) throws InterruptedException {
    var on = wait.on();
    if (on == null) {
      return;
    }
    try {
      on.toCompletableFuture().get(left, TimeUnit.NANOSECONDS);
    } catch (TimeoutException | ExecutionException | CompletionException over) {
      // the layer that waits is asked again and sees for itself
    }
  }
}
