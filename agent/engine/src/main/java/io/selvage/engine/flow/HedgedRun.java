package io.selvage.engine.flow;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Carries out an exchange that may have several attempts under way: they run on borrowed threads,
 * the caller's thread waits for what they report. The exchange itself is touched by the caller's
 * thread only.
 */
final class HedgedRun {
  private record Report(Attempt attempt, Outcome outcome) {}

  private final Exchange exchange;
  private final Transport transport;
  private final Executor threads;
  private final BlockingDriver.Sleeper sleeper;
  private final Object lock = new Object();
  private final Deque<Report> reports = new ArrayDeque<>();
  private @Nullable CompletableFuture<Boolean> signal;
  private boolean over;

  HedgedRun(
      Exchange exchange, Transport transport, Executor threads, BlockingDriver.Sleeper sleeper) {
    this.exchange = exchange;
    this.transport = transport;
    this.threads = threads;
    this.sleeper = sleeper;
    exchange.head().changes().share();
  }

  /**
   * Runs to the outcome, which is the caller's to finish as {@link BlockingDriver#run} does.
   *
   * @throws InterruptedException when the thread is interrupted while it waits; nothing is left
   *     under way then
   */
  Outcome run(Attempt first) throws InterruptedException {
    Action next = first;
    try {
      while (!(next instanceof Outcome)) {
        if (next instanceof Attempt attempt) {
          next = start(attempt);
        } else {
          Report report = await();
          next = report == null ? exchange.onTime() : reported(report);
        }
      }
      return (Outcome) next;
    } catch (InterruptedException interrupted) {
      exchange.cancel(new Failed(Failed.Kind.CANCELLED, interrupted));
      throw interrupted;
    } finally {
      close();
    }
  }

  private Action start(Attempt attempt) {
    for (Exchange copy = exchange.takeShadow(); copy != null; copy = exchange.takeShadow()) {
      transport.shadow(copy);
    }
    try {
      threads.execute(() -> send(attempt));
      return Wait.FOR_REPORT;
    } catch (RejectedExecutionException full) {
      return exchange.onOutcome(attempt, new Failed(Failed.Kind.LOCAL, full));
    }
  }

  /** On a borrowed thread. */
  private void send(Attempt attempt) {
    Outcome outcome = BlockingDriver.attempted(attempt, transport);
    CompletableFuture<Boolean> waiting = null;
    boolean wanted;
    synchronized (lock) {
      wanted = !over;
      if (wanted) {
        reports.add(new Report(attempt, outcome));
        waiting = signal;
      }
    }
    if (waiting != null) {
      waiting.complete(true);
    }
    if (!wanted && outcome instanceof Responded) {
      transport.discard(outcome);
    }
  }

  private Action reported(Report report) {
    Action next = exchange.onOutcome(report.attempt(), report.outcome());
    if (next != report.outcome() && report.outcome() instanceof Responded) {
      transport.discard(report.outcome());
    }
    return next;
  }

  /** The next report; null when time is up first. */
  private @Nullable Report await() throws InterruptedException {
    CompletableFuture<Boolean> reported = new CompletableFuture<>();
    synchronized (lock) {
      Report report = reports.poll();
      if (report != null) {
        return report;
      }
      signal = reported;
    }
    long until = exchange.wakeAtNanos();
    sleeper.sleepUntil(until, new Wait(until, reported));
    synchronized (lock) {
      return reports.poll();
    }
  }

  /** What is still reported is not wanted any more. */
  private void close() {
    Deque<Report> late;
    synchronized (lock) {
      over = true;
      late = new ArrayDeque<>(reports);
      reports.clear();
    }
    for (Report report : late) {
      if (report.outcome() instanceof Responded) {
        transport.discard(report.outcome());
      }
    }
  }
}
