package io.selvage.engine.flow;

import java.util.ArrayList;
import java.util.List;

/**
 * Layers in order, for one direction; immutable. For each moment only the layers that have
 * something to do in it are kept.
 */
public final class Stack {
  final Layer[] request;
  final Layer[] dispatch;
  final Layer[] outcome;
  final int[] outcomeAt;
  final Layer[] end;
  final int[] endAt;
  final AttemptsLayer attempts;
  final AttemptLayer[] attempt;
  final AttemptLayer[] attemptOutcome;
  final int[] attemptOutcomeAt;
  final AttemptLayer[] attemptEnd;
  final int[] attemptEndAt;

  private Stack(List<Layer> request, AttemptsLayer attempts, List<AttemptLayer> attempt) {
    this.request = request.toArray(new Layer[0]);
    this.attempts = attempts;
    this.attempt = attempt.toArray(new AttemptLayer[0]);
    int[] dispatchAt = overriding(this.request, "onDispatch", Layer.class);
    dispatch = new Layer[dispatchAt.length];
    for (int i = 0; i < dispatch.length; i++) {
      dispatch[i] = this.request[dispatchAt[i]];
    }
    outcomeAt = overriding(this.request, "onOutcome", Layer.class);
    endAt = overriding(this.request, "onEnd", Layer.class);
    attemptOutcomeAt = overriding(this.attempt, "onOutcome", AttemptLayer.class);
    attemptEndAt = overriding(this.attempt, "onEnd", AttemptLayer.class);
    outcome = new Layer[outcomeAt.length];
    for (int i = 0; i < outcome.length; i++) {
      outcome[i] = this.request[outcomeAt[i]];
    }
    end = new Layer[endAt.length];
    for (int i = 0; i < end.length; i++) {
      end[i] = this.request[endAt[i]];
    }
    attemptOutcome = new AttemptLayer[attemptOutcomeAt.length];
    for (int i = 0; i < attemptOutcome.length; i++) {
      attemptOutcome[i] = this.attempt[attemptOutcomeAt[i]];
    }
    attemptEnd = new AttemptLayer[attemptEndAt.length];
    for (int i = 0; i < attemptEnd.length; i++) {
      attemptEnd[i] = this.attempt[attemptEndAt[i]];
    }
  }

  /** The layers that a request passes before its attempts, top first; for explanations. */
  public List<Layer> layers() {
    return List.of(request);
  }

  private static int[] overriding(Object[] layers, String method, Class<?> base) {
    int[] at = new int[layers.length];
    int n = 0;
    for (int i = 0; i < layers.length; i++) {
      if (overrides(layers[i].getClass(), method, base)) {
        at[n++] = i;
      }
    }
    return java.util.Arrays.copyOf(at, n);
  }

  private static boolean overrides(Class<?> type, String method, Class<?> base) {
    for (Class<?> c = type; c != null && c != base; c = c.getSuperclass()) {
      for (java.lang.reflect.Method m : c.getDeclaredMethods()) {
        if (m.getName().equals(method) && !m.isBridge()) {
          return true;
        }
      }
    }
    return false;
  }

  /** Starts an empty stack. */
  public static Builder builder() {
    return new Builder();
  }

  /** Collects layers top to bottom. */
  public static final class Builder {
    private final List<Layer> request = new ArrayList<>();
    private final List<AttemptLayer> attempt = new ArrayList<>();
    private AttemptsLayer attempts = AttemptsLayer.ONCE;

    /** Once per request. */
    public Builder layer(Layer layer) {
      request.add(layer);
      return this;
    }

    /** How many attempts. */
    public Builder attempts(AttemptsLayer layer) {
      attempts = layer;
      return this;
    }

    /** Once per attempt. */
    public Builder attempt(AttemptLayer layer) {
      attempt.add(layer);
      return this;
    }

    public Stack build() {
      return new Stack(request, attempts, attempt);
    }
  }
}
