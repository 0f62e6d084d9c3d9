package io.selvage.engine.flow;

import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
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

  public BlockingDriver(Sleeper sleeper) {
    this.sleeper = sleeper;
  }

  /** Waits in real time. */
  public static BlockingDriver real(Clock clock) {
    return new BlockingDriver((until, wait) -> await(clock, until, wait));
  }

  /**
   * Runs the exchange to its outcome. After {@link Responded} the codec must call {@link Exchange#end} at the body's end; after anything else this driver has
   * done so.
   *
   * @throws InterruptedException when the thread is interrupted while waiting; the exchange is cancelled and ended then
   */
  public Outcome run(Exchange x, Transport transport) throws InterruptedException {
    Action next = x.begin();
    for (; ; ) {
      if (next instanceof Outcome outcome) {
        if (!(outcome instanceof Responded)) {
          x.end(End.ABORTED);
        }
        return outcome;
      }
      if (next instanceof Attempt attempt) {
        Outcome outcome = transport.send(attempt);
        next = x.onOutcome(attempt, outcome);
        if (next != outcome && outcome instanceof Responded) {
          transport.discard(outcome);
        }
        continue;
      }
      try {
        sleeper.sleepUntil(x.wakeAtNanos(), (Wait) next);
      } catch (InterruptedException interrupted) {
        x.cancel(new Failed(Failed.Kind.CANCELLED, interrupted));
        x.end(End.ABORTED);
        throw interrupted;
      }
      next = x.onTime();
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
