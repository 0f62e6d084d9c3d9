package io.selvage.engine.flow;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Carries out an exchange for a library that does not block.
 *
 * <p>Serialises the exchange under its own short lock and acts (sends, delivers) outside it. Any thread.
 */
public final class AsyncDriver implements AsyncTransport.Reports {
  private final Exchange exchange;
  private final AsyncTransport transport;
  private final Timer timer;
  private final Consumer<Outcome> application;
  private final Object lock = new Object();
  private Timer.@Nullable Scheduled armed;
  private long armedAt = Long.MAX_VALUE;
  private boolean delivered;

  public AsyncDriver(Exchange exchange, AsyncTransport transport, Timer timer, Consumer<Outcome> application) {
    this.exchange = exchange;
    this.transport = transport;
    this.timer = timer;
    this.application = application;
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
  }

  private Action locked(java.util.function.Supplier<Action> step) {
    synchronized (lock) {
      Action next = step.get();
      rearm(next);
      return next;
    }
  }

  private void act(Action next) {
    if (next instanceof Attempt attempt) {
      transport.send(attempt, this);
    } else if (next instanceof Outcome outcome) {
      synchronized (lock) {
        if (delivered) {
          return;
        }
        delivered = true;
        if (!(outcome instanceof Responded)) {
          exchange.end(End.ABORTED);
        }
      }
      application.accept(outcome);
    }
  }

  private void onTime() {
    act(
        locked(
            () -> {
              armed = null;
              armedAt = Long.MAX_VALUE;
              return exchange.onTime();
            }));
  }

  private void rearm(Action next) {
    if (next instanceof Wait wait && wait.on() != null) {
      wait.on().whenComplete((value, thrown) -> onTime());
    }
    long wake = exchange.wakeAtNanos();
    if (wake == armedAt) {
      return;
    }
    disarm();
    if (wake != Long.MAX_VALUE) {
      armedAt = wake;
      armed = timer.schedule(wake, this::onTime);
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
