package io.selvage.engine.flow;

import org.jspecify.annotations.Nullable;

/**
 * One request on its way through the mesh: a pure state machine that layers inform and a driver carries out.
 *
 * <p>Not thread-safe: its driver serialises the calls. No thread, no lock, no clock of its own; {@link #begin} without sending what it returns <em>is</em> the
 * explanation of a decision. The price for layers that never call each other is that this class pairs every descent with one ascent and one end.
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

  /** @param facts what was known before the first layer; its fields are filled on the way */
  public Exchange(Stack stack, Clock clock, RequestHead head, Facts facts) {
    this.stack = stack;
    this.clock = clock;
    this.head = head;
    this.facts = facts;
    this.startNanos = clock.nanos();
  }

  // ---- what the driver calls

  /** Starts, or goes on after a wait: the layer that waited is asked again with {@link #resumed()} true. */
  public Action begin() {
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

  /** An attempt has an outcome. Late and repeated reports are harmless: they only end their attempt. */
  public Action onOutcome(Attempt a, Outcome reported) {
    if (a.over || settled) {
      endAttempt(a, End.ABORTED);
      return settled && a == current && outcome != null ? outcome : Wait.FOR_REPORT;
    }
    a.over = true;
    Outcome result = named(a, reported);
    a.outcome = result;
    ascendAttempt(a, result);
    Action next = stack.attempts.onOutcome(this, a, result);
    if (next != null) {
      endAttempt(a, End.ABORTED);
      return next;
    }
    current = a;
    return settle(result);
  }

  /** A wait is over, a back-off, a per-try timeout or the deadline is due; harmless when nothing is. */
  public Action onTime() {
    if (settled) {
      return Wait.FOR_REPORT;
    }
    long now = now();
    if (now >= deadlineNanos) {
      return cancel(new Failed(Failed.Kind.TIMEOUT, null));
    }
    if (pending != null) {
      pending = null;
      return begin();
    }
    if (now >= retryAtNanos) {
      retryAtNanos = Long.MAX_VALUE;
      return attempt();
    }
    if (current != null && !current.over && now >= current.deadlineNanos()) {
      return stack.attempts.onOverdue(this, current);
    }
    return Wait.FOR_REPORT;
  }

  /** The application no longer wants the answer, or time is up: live attempts are aborted, layers unwind, one outcome. */
  public Action cancel(Failed why) {
    if (settled) {
      return Wait.FOR_REPORT;
    }
    Attempt a = current;
    if (a != null && !a.over) {
      a.over = true;
      a.outcome = why;
      ascendAttempt(a, why);
    }
    Outcome result = settle(why);
    if (a != null) {
      a.abort();
    }
    return result;
  }

  /** The last byte of the answer is through, or the application has dropped it. Twice is harmless. */
  public void end(End how) {
    if (ended) {
      return;
    }
    if (!settled) {
      cancel(new Failed(Failed.Kind.CANCELLED, null));
    }
    ended = true;
    if (current != null) {
      endAttempt(current, how);
    }
    stack.attempts.onEnd(this);
    for (int i = stack.end.length - 1; i >= 0; i--) {
      if (stack.endAt[i] < entered) {
        try {
          stack.end[i].onEnd(this, how);
        } catch (RuntimeException | Error bug) {
          facts.layerFailed(stack.end[i].name(), bug);
        }
      }
    }
  }

  /** The earliest moment that matters, on the exchange's clock; {@link Long#MAX_VALUE} = none. */
  public long wakeAtNanos() {
    if (settled) {
      return Long.MAX_VALUE;
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
  public Wait waitFor(java.time.Duration delay) {
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

  /** The attempt whose outcome is the application's, or that is under way; null before the first. */
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
    a.abort();
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

  // ---- inside

  private Action attempt() {
    Attempt a = new Attempt(this, attempts++, last, deadlineNanos);
    a.startedNanos = now();
    last = a;
    current = a;
    AttemptLayer[] layers = stack.attempt;
    while (a.entered < layers.length) {
      Outcome refusal = guarded(layers[a.entered], a);
      a.entered++;
      if (refusal != null) {
        return onOutcome(a, refusal);
      }
    }
    return a;
  }

  private @Nullable Action guarded(Layer layer) {
    try {
      return layer.onRequest(this);
    } catch (RuntimeException | Error bug) {
      facts.layerFailed(layer.name(), bug);
      return layer.failsClosed() ? Rejections.layerFailed(layer.name()) : null;
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
    if (reported instanceof Failed f && f.kind() != Failed.Kind.CANCELLED && a.deadlineNanos() != Long.MAX_VALUE) {
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

  private Outcome settle(Outcome result) {
    settled = true;
    pending = null;
    outcome = result;
    for (Attempt b = last; b != null; b = b.earlier) {
      if (b != current && !b.over) {
        b.over = true;
        endAttempt(b, End.ABORTED);
        b.abort();
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
