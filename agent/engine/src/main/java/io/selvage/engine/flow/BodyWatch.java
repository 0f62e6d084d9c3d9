package io.selvage.engine.flow;

import org.jspecify.annotations.Nullable;

/**
 * Cuts an answer's body off when one of its limits is over, after a blocking driver has returned.
 * Only reads the exchange, which belongs to the application's thread by then.
 */
final class BodyWatch {
  private final Exchange exchange;
  private final Attempt winner;
  private final Timer timer;
  private Timer.@Nullable Scheduled alarm;
  private boolean over;

  BodyWatch(Exchange exchange, Attempt winner, Timer timer) {
    this.exchange = exchange;
    this.winner = winner;
    this.timer = timer;
  }

  void start() {
    exchange.whenEnded(this::stop);
    arm(exchange.bodyUntilNanos(winner));
  }

  private synchronized void arm(long moment) {
    if (!over) {
      alarm = timer.schedule(moment, this::due);
    }
  }

  private void due() {
    long now = exchange.now();
    long until = exchange.bodyUntilNanos(winner);
    if (now < until) {
      arm(until); // something has passed meanwhile
      return;
    }
    synchronized (this) {
      if (over) {
        return;
      }
      over = true;
    }
    exchange.facts().cutOff = exchange.bodyFlag(now, winner);
    winner.abort();
  }

  private synchronized void stop() {
    over = true;
    if (alarm != null) {
      alarm.cancel();
    }
  }
}
