package io.selvage.engine.flow;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One request on its way through the mesh: a pure state machine that layers inform and a driver
 * carries out.
 *
 * <p>Not thread-safe: its driver serialises the calls. No thread, no lock, no clock of its own;
 * {@link #begin} without sending what it returns <em>is</em> the explanation of a decision. The
 * price for layers that never call each other is that this class pairs every descent with one
 * ascent and one end.
 */
public final class Exchange {
  private final Stack stack;
  private final Clock clock;
  private final RequestHead head;
  private final Facts facts;
  private final long startNanos;
  private long deadlineNanos = Long.MAX_VALUE;
  private int entered;
  private boolean resumed;
  private @Nullable Wait pending;
  private @Nullable Attempt last;
  private @Nullable Attempt current;
  private int attempts;
  private long retryAtNanos = Long.MAX_VALUE;
  private boolean settled;
  private boolean ended;
  private @Nullable Outcome outcome;
  private boolean bodyOverdue;
  private @Nullable Runnable whenEnded;
  private boolean abortsDeferred;
  private @Nullable List<Attempt> toAbort;
  private @Nullable List<Exchange> shadows;

  /**
   * @param facts what was known before the first layer; its fields are filled on the way
   */
  public Exchange(Stack stack, Clock clock, RequestHead head, Facts facts) {
    this.stack = stack;
    this.clock = clock;
    this.head = head;
    this.facts = facts;
    this.startNanos = clock.nanos();
  }

  // ---- what the driver calls

  /**
   * Starts, or goes on after a wait: the layer that waited is asked again with {@link #resumed()}
   * true. Harmless once there is an outcome.
   */
  public Action begin() {
    if (outcome != null) {
      return outcome;
    }
    if (last != null) {
      return Wait.FOR_REPORT;
    }
    Layer[] layers = stack.request;
    while (entered < layers.length) {
      Layer layer = layers[entered];
      Action answer = guarded(layer);
      if (answer instanceof Wait wait) {
        resumed = true;
        pending = wait;
        return wait;
      }
      resumed = false;
      entered++;
      if (answer instanceof Outcome refusal) {
        facts.decidedBy = layer.name();
        return settle(refusal);
      }
    }
    return attempt();
  }

  /**
   * An attempt has an outcome. Late and repeated reports are harmless: they only end an attempt
   * that was given up.
   */
  public Action onOutcome(Attempt a, Outcome reported) {
    if (a.over || settled) {
      if (a != current || !settled) {
        endAttempt(a, End.ABORTED);
      }
      return Wait.FOR_REPORT;
    }
    a.over = true;
    Outcome result = named(a, reported);
    a.outcome = result;
    ascendAttempt(a, result);
    Action next = decided(a, result);
    if (next != null) {
      endAttempt(a, End.ABORTED);
      return next;
    }
    current = a;
    return settle(result);
  }

  /**
   * A wait is over, a back-off, a per-try timeout or the deadline is due; harmless when nothing is.
   */
  public Action onTime() {
    long now = now();
    if (settled) {
      if (!ended && current != null && now >= deadlineNanos) {
        // the answer's body has outlived the route's timeout, as Envoy counts to the last byte
        bodyOverdue = true;
        giveUp(current);
      }
      return Wait.FOR_REPORT;
    }
    if (now >= deadlineNanos) {
      return cancel(new Failed(Failed.Kind.TIMEOUT, null));
    }
    Wait wait = pending;
    if (wait != null) {
      if (now < wait.untilNanos() && !wait.isOver()) {
        return wait;
      }
      pending = null;
      return begin();
    }
    if (now >= retryAtNanos) {
      retryAtNanos = Long.MAX_VALUE;
      return attempt();
    }
    Attempt a = current;
    if (a != null && !a.over && now >= a.deadlineNanos()) {
      return overdue(a);
    }
    return Wait.FOR_REPORT;
  }

  /**
   * The application no longer wants the answer, or time is up: live attempts are aborted, layers
   * unwind, one outcome.
   */
  public Action cancel(Failed why) {
    if (settled) {
      return Wait.FOR_REPORT;
    }
    Attempt a = current;
    boolean live = a != null && !a.over;
    if (a != null && live) {
      a.over = true;
      a.outcome = why;
      ascendAttempt(a, why);
    }
    Outcome result = settle(why);
    if (a != null && live) {
      giveUp(a);
    }
    return result;
  }

  /**
   * The last byte of the answer is through, or the application has dropped it. Twice is harmless.
   */
  public void end(End how) {
    if (ended) {
      return;
    }
    if (!settled) {
      cancel(new Failed(Failed.Kind.CANCELLED, null));
    }
    ended = true;
    if (resumed && entered < stack.request.length) {
      guardedGivenUp(stack.request[entered]);
    }
    for (Attempt a = last; a != null; a = a.earlier) {
      endAttempt(a, a == current ? how : End.ABORTED);
    }
    try {
      stack.attempts.onEnd(this);
    } catch (RuntimeException | Error bug) {
      facts.layerFailed(stack.attempts.name(), bug);
    }
    for (int i = stack.end.length - 1; i >= 0; i--) {
      if (stack.endAt[i] < entered) {
        try {
          stack.end[i].onEnd(this, how);
        } catch (RuntimeException | Error bug) {
          facts.layerFailed(stack.end[i].name(), bug);
        }
      }
    }
    if (whenEnded != null) {
      whenEnded.run();
    }
  }

  /**
   * The earliest moment that matters, on the exchange's clock; {@link Long#MAX_VALUE} = none.
   *
   * <p>After response headers this is the deadline, until {@link #end}: it covers the body.
   */
  public long wakeAtNanos() {
    if (settled) {
      return ended || bodyOverdue || !(outcome instanceof Responded)
          ? Long.MAX_VALUE
          : deadlineNanos;
    }
    long wake = Math.min(deadlineNanos, retryAtNanos);
    if (pending != null) {
      wake = Math.min(wake, pending.untilNanos());
    }
    if (current != null && !current.over) {
      wake = Math.min(wake, current.deadlineNanos());
    }
    return wake;
  }

  /**
   * For drivers that call the exchange under a lock: library calls are not aborted at once but
   * handed out by {@link #takeAborted}, to be aborted outside the lock.
   */
  public void deferAborts() {
    abortsDeferred = true;
  }

  /** Runs once, at the end of the exchange; one registration, for its driver. */
  void whenEnded(Runnable task) {
    whenEnded = task;
  }

  /** An attempt whose library call must be aborted now; null = none. See {@link #deferAborts}. */
  public @Nullable Attempt takeAborted() {
    return toAbort == null || toAbort.isEmpty() ? null : toAbort.remove(toAbort.size() - 1);
  }

  /** A copy of the request that is to be sent beside it, by the driver; null = none left. */
  public @Nullable Exchange takeShadow() {
    return shadows == null || shadows.isEmpty() ? null : shadows.remove(shadows.size() - 1);
  }

  // ---- what layers call

  public RequestHead head() {
    return head;
  }

  /** What the layers found out; typed, written by one layer, read by those below. */
  public Facts facts() {
    return facts;
  }

  public long now() {
    return clock.nanos();
  }

  public long startNanos() {
    return startNanos;
  }

  /** True while the layer that returned a wait is asked again. */
  public boolean resumed() {
    return resumed;
  }

  /** A wait of this length from now. */
  public Wait waitFor(Duration delay) {
    return new Wait(now() + delay.toNanos(), null);
  }

  /** The whole request is over at this moment; only ever moved earlier. */
  public void deadlineNanos(long moment) {
    deadlineNanos = Math.min(deadlineNanos, moment);
  }

  public long deadlineNanos() {
    return deadlineNanos;
  }

  /** How many attempts were made, the current one included. */
  public int attempts() {
    return attempts;
  }

  /** The newest attempt; null before the first. */
  public @Nullable Attempt lastAttempt() {
    return last;
  }

  /**
   * The attempt whose outcome is the application's, or that is under way; null before the first.
   */
  public @Nullable Attempt currentAttempt() {
    return current;
  }

  /** What the application gets; null until it is settled. */
  public @Nullable Outcome outcome() {
    return outcome;
  }

  public boolean isEnded() {
    return ended;
  }

  /** One more attempt after a back-off. */
  public Action again(long backoffNanos) {
    if (backoffNanos <= 0) {
      return attempt();
    }
    retryAtNanos = now() + backoffNanos;
    return new Wait(retryAtNanos, null);
  }

  /** One more attempt beside the one that is under way (hedging). */
  public Action alsoSend() {
    if (current != null) {
      current.deadlineNanos(deadlineNanos);
    }
    return attempt();
  }

  /** Another attempt is still under way and may win. */
  public Action await() {
    return Wait.FOR_REPORT;
  }

  /** Gives an attempt up: its library call is made to fail. */
  public Action abort(Attempt a, Failed why) {
    Action next = onOutcome(a, why);
    giveUp(a);
    return next;
  }

  /** Whether an attempt other than this one is under way. */
  public boolean anotherInFlight(Attempt a) {
    for (Attempt b = last; b != null; b = b.earlier) {
      if (b != a && !b.over) {
        return true;
      }
    }
    return false;
  }

  /**
   * Sends a copy beside the request, whose outcome nobody awaits; a driver that cannot drops it.
   */
  public void shadow(Exchange copy) {
    if (shadows == null) {
      shadows = new ArrayList<>(1);
    }
    shadows.add(copy);
  }

  // ---- inside

  private Action attempt() {
    long now = now();
    if (now >= deadlineNanos) {
      return cancel(new Failed(Failed.Kind.TIMEOUT, null));
    }
    Attempt a = new Attempt(this, attempts++, last, deadlineNanos);
    a.startedNanos = now;
    last = a;
    current = a;
    AttemptLayer[] layers = stack.attempt;
    while (a.entered < layers.length) {
      AttemptLayer layer = layers[a.entered];
      Outcome refusal = guarded(layer, a);
      a.entered++;
      if (refusal != null) {
        facts.decidedBy = layer.name();
        return onOutcome(a, refusal);
      }
    }
    facts.decidedBy = "";
    return a;
  }

  private @Nullable Action decided(Attempt a, Outcome result) {
    try {
      return stack.attempts.onOutcome(this, a, result);
    } catch (RuntimeException | Error bug) {
      facts.layerFailed(stack.attempts.name(), bug);
      return null;
    }
  }

  private Action overdue(Attempt a) {
    try {
      return stack.attempts.onOverdue(this, a);
    } catch (RuntimeException | Error bug) {
      facts.layerFailed(stack.attempts.name(), bug);
      return abort(a, new Failed(Failed.Kind.PER_TRY_TIMEOUT, null));
    }
  }

  private @Nullable Action guarded(Layer layer) {
    try {
      return layer.onRequest(this);
    } catch (RuntimeException | Error bug) {
      facts.layerFailed(layer.name(), bug);
      return layer.failsClosed() ? Rejections.layerFailed(layer.name()) : null;
    }
  }

  private void guardedGivenUp(Layer layer) {
    try {
      layer.onGivenUp(this);
    } catch (RuntimeException | Error bug) {
      facts.layerFailed(layer.name(), bug);
    }
  }

  private @Nullable Outcome guarded(AttemptLayer layer, Attempt a) {
    try {
      return layer.onAttempt(this, a);
    } catch (RuntimeException | Error bug) {
      facts.layerFailed(layer.name(), bug);
      return layer.failsClosed() ? Rejections.layerFailed(layer.name()) : null;
    }
  }

  /** A failure after the time is past is that time's failure, whatever the library called it. */
  private Outcome named(Attempt a, Outcome reported) {
    if (reported instanceof Failed f
        && (f.kind() != Failed.Kind.CANCELLED || a.isAborted())
        && a.deadlineNanos() != Long.MAX_VALUE) {
      long now = now();
      if (now >= deadlineNanos) {
        return new Failed(Failed.Kind.TIMEOUT, f.cause());
      }
      if (now >= a.deadlineNanos()) {
        return new Failed(Failed.Kind.PER_TRY_TIMEOUT, f.cause());
      }
    }
    return reported;
  }

  private void ascendAttempt(Attempt a, Outcome result) {
    for (int i = stack.attemptOutcome.length - 1; i >= 0; i--) {
      if (stack.attemptOutcomeAt[i] < a.entered) {
        try {
          stack.attemptOutcome[i].onOutcome(this, a, result);
        } catch (RuntimeException | Error bug) {
          facts.layerFailed(stack.attemptOutcome[i].name(), bug);
        }
      }
    }
  }

  private Outcome settle(Outcome reached) {
    settled = true;
    pending = null;
    retryAtNanos = Long.MAX_VALUE;
    Outcome result = forApplication(reached);
    outcome = result;
    for (Attempt b = last; b != null; b = b.earlier) {
      if (b != current && !b.over) {
        b.over = true;
        endAttempt(b, End.ABORTED);
        giveUp(b);
      }
    }
    for (int i = stack.outcome.length - 1; i >= 0; i--) {
      if (stack.outcomeAt[i] < entered) {
        try {
          stack.outcome[i].onOutcome(this, result);
        } catch (RuntimeException | Error bug) {
          facts.layerFailed(stack.outcome[i].name(), bug);
        }
      }
    }
    return result;
  }

  private Outcome forApplication(Outcome reached) {
    try {
      return stack.attempts.forApplication(this, reached);
    } catch (RuntimeException | Error bug) {
      facts.layerFailed(stack.attempts.name(), bug);
      return reached;
    }
  }

  private void giveUp(Attempt a) {
    if (!abortsDeferred) {
      a.abort();
      return;
    }
    if (toAbort == null) {
      toAbort = new ArrayList<>(2);
    }
    toAbort.add(a);
  }

  private void endAttempt(Attempt a, End how) {
    if (a.ended) {
      return;
    }
    a.ended = true;
    for (int i = stack.attemptEnd.length - 1; i >= 0; i--) {
      if (stack.attemptEndAt[i] < a.entered) {
        try {
          stack.attemptEnd[i].onEnd(this, a, how);
        } catch (RuntimeException | Error bug) {
          facts.layerFailed(stack.attemptEnd[i].name(), bug);
        }
      }
    }
  }
}
