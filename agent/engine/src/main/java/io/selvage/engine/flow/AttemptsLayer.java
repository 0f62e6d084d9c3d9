package io.selvage.engine.flow;

import org.jspecify.annotations.Nullable;

/** The one layer that decides how many attempts there are. */
public abstract class AttemptsLayer {
  /** The outcome is final. */
  protected static final @Nullable Action FINAL = null;

  /**
   * An attempt has an outcome: null when it is final; else {@link Exchange#again}, {@link
   * Exchange#await}.
   */
  protected abstract @Nullable Action onOutcome(Exchange x, Attempt a, Outcome outcome);

  /** An attempt's own time is over. */
  protected Action onOverdue(Exchange x, Attempt a) {
    return x.abort(a, new Failed(Failed.Kind.PER_TRY_TIMEOUT, null));
  }

  /** The final outcome as the application is to see it; asked once. */
  protected Outcome forApplication(Exchange x, Outcome outcome) {
    return outcome;
  }

  protected void onEnd(Exchange x) {}

  /** See {@link Layer#name()}. */
  public String name() {
    return getClass().getSimpleName().replace("Layer", "");
  }

  /** One attempt, whatever comes of it: inbound requests and statements. */
  public static final AttemptsLayer ONCE =
      new AttemptsLayer() {
        @Override
        protected @Nullable Action onOutcome(Exchange x, Attempt a, Outcome outcome) {
          return FINAL;
        }
      };
}
