package io.selvage.engine.flow;

import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Carries out an exchange for a library that does not block.
 *
 * <p>Serialises the exchange under its own short lock and acts (sends, aborts, delivers) outside
 * it, so that a library may call back from under locks of its own. Any thread.
 */
public final class AsyncDriver implements AsyncTransport.Reports {
  private final Exchange exchange;
  private final AsyncTransport transport;
  private final Timer timer;
  private final Consumer<Outcome> application;
  private final Object lock = new Object();
  private Timer.@Nullable Scheduled armed;
  private long armedAt = Long.MAX_VALUE;
  private @Nullable Wait awaited;
  private boolean delivered;

  /**
   * @param application gets the outcome, once, on any thread
   */
  public AsyncDriver(
      Exchange exchange, AsyncTransport transport, Timer timer, Consumer<Outcome> application) {
    this.exchange = exchange;
    this.transport = transport;
    this.timer = timer;
    this.application = application;
    exchange.deferAborts();
    exchange.allowForks();
    if (transport.tellsActivity()) {
      exchange.tellsActivity();
    }
  }

  /** Decides and sends the first attempt, or delivers a refusal. Call once. */
  public void start() {
    act(locked(exchange::begin));
  }

  @Override
  public boolean report(Attempt attempt, Outcome outcome) {
    Action next = locked(() -> exchange.onOutcome(attempt, outcome));
    act(next);
    return next == outcome;
  }

  /** The application no longer wants the answer. */
  public void cancel() {
    act(locked(() -> exchange.cancel(new Failed(Failed.Kind.CANCELLED, null))));
  }

  /** The last byte is through; see {@link Exchange#end}. */
  public void end(End how) {
    synchronized (lock) {
      exchange.end(how);
      disarm();
    }
    abortGivenUp();
  }

  private Action locked(Supplier<Action> step) {
    synchronized (lock) {
      Action next = step.get();
      rearm();
      return next;
    }
  }

  private void act(Action next) {
    abortGivenUp();
    if (next instanceof Attempt attempt) {
      send(attempt);
    } else if (next instanceof Outcome outcome) {
      deliver(outcome);
    } else {
      subscribe((Wait) next);
    }
  }

  private void send(Attempt attempt) {
    for (Exchange copy = shadow(); copy != null; copy = shadow()) {
      transport.shadow(copy);
    }
    try {
      transport.send(attempt, this);
    } catch (RuntimeException | Error broken) {
      report(attempt, new Failed(Failed.Kind.LOCAL, broken));
    }
  }

  private @Nullable Exchange shadow() {
    synchronized (lock) {
      return exchange.takeShadow();
    }
  }

  private void deliver(Outcome outcome) {
    synchronized (lock) {
      if (delivered) {
        return;
      }
      delivered = true;
      if (!(outcome instanceof Responded)) {
        exchange.end(End.ABORTED);
        disarm();
      }
    }
    application.accept(outcome);
  }

  private void subscribe(Wait wait) {
    if (wait.on() == null) {
      return;
    }
    synchronized (lock) {
      if (wait == awaited) {
        return;
      }
      awaited = wait;
    }
    // not on the thread that completes it: that may be another exchange's, under its driver's lock
    wait.on().whenComplete((value, thrown) -> timer.schedule(exchange.now(), this::onTime));
  }

  private void abortGivenUp() {
    for (; ; ) {
      Attempt givenUp;
      synchronized (lock) {
        givenUp = exchange.takeAborted();
      }
      if (givenUp == null) {
        return;
      }
      givenUp.abort();
    }
  }

  private void onTimer(long at) {
    synchronized (lock) {
      if (armedAt == at) {
        armed = null;
        armedAt = Long.MAX_VALUE;
      }
    }
    onTime();
  }

  private void onTime() {
    act(locked(exchange::onTime));
  }

  private void rearm() {
    long wake = exchange.wakeAtNanos();
    if (wake == armedAt) {
      return;
    }
    disarm();
    if (wake != Long.MAX_VALUE) {
      armedAt = wake;
      armed = timer.schedule(wake, () -> onTimer(wake));
    }
  }

  private void disarm() {
    if (armed != null) {
      armed.cancel();
      armed = null;
    }
    armedAt = Long.MAX_VALUE;
  }
}
