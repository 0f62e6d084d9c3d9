package io.selvage.engine.flow;

import org.jspecify.annotations.Nullable;

/**
 * A feature of the mesh, once per request. Holds no state of a request: what it finds it writes as
 * a fact on the exchange. Never blocks, never sends, never locks.
 */
public abstract class Layer {
  /** Go on with the next layer. */
  protected static final @Nullable Action PASS = null;

  /**
   * Down, at the request.
   *
   * @return {@link #PASS}; or a {@link Wait}, after which this layer is asked again with {@link
   *     Exchange#resumed()}; or an {@link Outcome} that answers in the upstream's place
   */
  protected @Nullable Action onRequest(Exchange x) {
    return PASS;
  }

  /**
   * Inbound, when the server has found what is to serve the request and before that runs: {@link
   * RequestHead#meanings} now say all. Asked of every layer that overrides it, in order.
   *
   * @return what the request is refused with; null = it may run
   */
  protected @Nullable Rejection onDispatch(Exchange x) {
    return null;
  }

  /**
   * Up, at response headers, rejection or failure: every layer that was entered, in reverse, once.
   */
  protected void onOutcome(Exchange x, Outcome outcome) {}

  /**
   * Last byte through, reset, or dropped: every layer that was entered, in reverse, exactly once.
   */
  protected void onEnd(Exchange x, End end) {}

  /**
   * The request has ended while this layer made it wait; in place of {@link #onEnd}, as the layer
   * was not entered.
   */
  protected void onGivenUp(Exchange x) {}

  /**
   * True for layers whose bug must refuse the request instead of being skipped: identity and
   * authorization.
   */
  public boolean failsClosed() {
    return false;
  }

  /** Short name for explanations, logs and counters. */
  public String name() {
    return getClass().getSimpleName().replace("Layer", "");
  }
}
