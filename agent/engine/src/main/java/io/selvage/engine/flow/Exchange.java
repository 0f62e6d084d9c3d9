package io.selvage.engine.flow;

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
public final class Exchange extends Timetable {
  private final Stack stack;
  private final RequestHead head;
  private final Facts facts;
  private int entered;
  private boolean resumed;
  private @Nullable Wait pending;
  private @Nullable Attempt last;
  private @Nullable Attempt current;
  private int attempts;
  private boolean mayFork;
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
    super(clock);
    this.stack = stack;
    this.head = head;
    this.facts = facts;
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
      Action answer = LayerCalls.down(this, layer);
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
   * The server has found what is to serve the request, and says so in {@link RequestHead#meanings};
   * after {@link #begin} has let it run, and before it does.
   *
   * @return what the request is refused with; null = it may run
   */
  public @Nullable Rejection dispatched() {
    if (settled) {
      return outcome instanceof Rejection refused ? refused : null;
    }
    for (Layer layer : stack.dispatch) {
      Rejection refusal = LayerCalls.dispatch(this, layer);
      if (refusal != null) {
        facts.decidedBy = layer.name();
        conclude(refusal);
        return refusal;
      }
    }
    return null;
  }

  /**
   * An attempt has an outcome. Late and repeated reports are harmless: they only end an attempt
   * that was given up.
   */
  public Action onOutcome(Attempt a, Outcome reported) {
    if (a.over || settled) {
      if (a != current || !settled) {
        LayerCalls.end(this, stack, a, End.ABORTED);
      }
      return Wait.FOR_REPORT;
    }
    a.over = true;
    Outcome result = named(a, reported);
    a.outcome = result;
    LayerCalls.up(this, stack, a, result);
    Action next = LayerCalls.decided(this, stack.attempts, a, result);
    if (next == null) {
      current = a;
      return settle(result);
    }
    // first the permits come back, then a retry without back-off may take them
    LayerCalls.end(this, stack, a, End.ABORTED);
    return isRetryPending() && isRetryDue(now()) ? retry() : next;
  }

  /**
   * A wait is over, a back-off, a per-try timeout or the deadline is due; harmless when nothing is.
   */
  public Action onTime() {
    long now = now();
    if (settled) {
      cutOffBody(now);
      return Wait.FOR_REPORT;
    }
    if (now >= deadlineNanos()) {
      return conclude(new Failed(Failed.Kind.TIMEOUT, null));
    }
    if (now >= streamUntilNanos()) {
      return conclude(Rejections.TOO_LONG);
    }
    if (now >= idleUntilNanos()) {
      return conclude(Rejections.IDLE);
    }
    Wait wait = pending;
    if (wait != null) {
      if (now < wait.untilNanos() && !wait.isOver()) {
        return wait;
      }
      pending = null;
      return begin();
    }
    if (isRetryDue(now)) {
      return retry();
    }
    for (Attempt a = last; a != null; a = a.earlier) {
      if (!a.over && now >= a.untilNanos()) {
        return LayerCalls.overdue(this, stack.attempts, a);
      }
    }
    return Wait.FOR_REPORT;
  }

  /**
   * The application no longer wants the answer, or time is up: live attempts are aborted, layers
   * unwind, one outcome.
   */
  public Action cancel(Failed why) {
    return conclude(why);
  }

  /**
   * The last byte of the answer is through, or the application has dropped it. Twice is harmless.
   */
  public void end(End how) {
    if (ended) {
      return;
    }
    if (!settled) {
      conclude(new Failed(Failed.Kind.CANCELLED, null));
    }
    ended = true;
    if (resumed && entered < stack.request.length) {
      LayerCalls.givenUp(this, stack.request[entered]);
    }
    for (Attempt a = last; a != null; a = a.earlier) {
      LayerCalls.end(this, stack, a, a == current ? how : End.ABORTED);
    }
    LayerCalls.end(this, stack, entered, how);
    if (whenEnded != null) {
      whenEnded.run();
    }
  }

  /**
   * The earliest moment that matters, on the exchange's clock; {@link Long#MAX_VALUE} = none.
   *
   * <p>After response headers these are the limits of the body, until {@link #end}.
   */
  public long wakeAtNanos() {
    if (!settled) {
      return nextNanos(pending, last);
    }
    return ended || bodyOverdue || !(outcome instanceof Responded)
        ? Long.MAX_VALUE
        : bodyUntilNanos(current);
  }

  /**
   * For drivers that call the exchange under a lock: library calls are not aborted at once but
   * handed out by {@link #takeAborted}, to be aborted outside the lock.
   */
  public void deferAborts() {
    abortsDeferred = true;
  }

  /** The driver can have several attempts under way at the same time. */
  public void allowForks() {
    mayFork = true;
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

  /** True while the layer that returned a wait is asked again. */
  public boolean resumed() {
    return resumed;
  }

  /** How many attempts were made, the current one included. */
  public int attempts() {
    return attempts;
  }

  /** Whether a second attempt may be sent while the first is under way. */
  public boolean mayFork() {
    return mayFork;
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

  /** One more attempt after a back-off; attempts that are under way go on. */
  public Action again(long backoffNanos) {
    long moment = now() + Math.max(0, backoffNanos);
    retryAt(moment);
    return new Wait(moment, null);
  }

  /** One more attempt at once beside the one that is under way (hedging). */
  public Action alsoSend() {
    if (current != null) {
      current.deadlineNanos(deadlineNanos());
    }
    return attempt();
  }

  /**
   * An attempt's time is over but it goes on and may still win; the request's own limits bound it
   * from now on.
   */
  public void outlives(Attempt a) {
    a.deadlineNanos(deadlineNanos());
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
    return isAnotherUnderWay(last, a);
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

  private Action retry() {
    noRetry();
    return attempt();
  }

  private Action attempt() {
    long now = now();
    if (now >= deadlineNanos()) {
      return conclude(new Failed(Failed.Kind.TIMEOUT, null));
    }
    Attempt a = new Attempt(this, attempts++, last, deadlineNanos());
    a.startedNanos = now;
    last = a;
    current = a;
    AttemptLayer[] layers = stack.attempt;
    while (a.entered < layers.length) {
      AttemptLayer layer = layers[a.entered];
      Outcome refusal = LayerCalls.down(this, layer, a);
      a.entered++;
      if (refusal != null) {
        facts.decidedBy = layer.name();
        return onOutcome(a, refusal);
      }
    }
    facts.decidedBy = "";
    return a;
  }

  /** Ends the waiting for attempts with an outcome that none of them gave. */
  private Action conclude(Outcome why) {
    if (settled) {
      return Wait.FOR_REPORT;
    }
    for (Attempt a = last; a != null; a = a.earlier) {
      if (!a.over) {
        a.over = true;
        a.outcome = why;
        LayerCalls.up(this, stack, a, why);
      }
    }
    Outcome result = settle(why);
    for (Attempt a = last; a != null; a = a.earlier) {
      if (a.outcome == why) {
        if (a != current) {
          LayerCalls.end(this, stack, a, End.ABORTED);
        }
        giveUp(a);
      }
    }
    return result;
  }

  private Outcome settle(Outcome reached) {
    settled = true;
    pending = null;
    noRetry();
    Outcome result = LayerCalls.forApplication(this, stack.attempts, reached);
    outcome = result;
    for (Attempt b = last; b != null; b = b.earlier) {
      if (b != current && !b.over) {
        b.over = true;
        LayerCalls.end(this, stack, b, End.ABORTED);
        giveUp(b);
      }
    }
    active();
    LayerCalls.up(this, stack, entered, result);
    return result;
  }

  /** The answer's body has outlived one of its limits, as Envoy counts to the last byte. */
  private void cutOffBody(long now) {
    Attempt winner = current;
    if (!ended && !bodyOverdue && winner != null && now >= bodyUntilNanos(winner)) {
      bodyOverdue = true;
      facts.cutOff = bodyFlag(now, winner);
      giveUp(winner);
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
}
