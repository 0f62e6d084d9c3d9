package io.selvage.engine.flow;

import org.jspecify.annotations.Nullable;

/** A feature of the mesh, once per attempt; see {@link Layer}. */
public abstract class AttemptLayer {
  protected static final @Nullable Outcome PASS = null;

  /** Down. Null = go on; an outcome ends the attempt without sending it. */
  protected @Nullable Outcome onAttempt(Exchange x, Attempt a) {
    return PASS;
  }

  protected void onOutcome(Exchange x, Attempt a, Outcome outcome) {}

  protected void onEnd(Exchange x, Attempt a, End end) {}

  /** See {@link Layer#failsClosed()}. */
  public boolean failsClosed() {
    return false;
  }

  public String name() {
    return getClass().getSimpleName().replace("Layer", "");
  }
}
