package io.selvage.engine.flow;

import org.jspecify.annotations.Nullable;

/**
 * Calls of layers that survive what a layer throws: it is reported and skipped, or refuses where
 * the layer fails closed.
 */
final class LayerCalls {
  private LayerCalls() {}

  static @Nullable Action down(Exchange x, Layer layer) {
    try {
      return layer.onRequest(x);
    } catch (RuntimeException | Error bug) {
      x.facts().layerFailed(layer.name(), bug);
      return layer.failsClosed() ? Rejections.layerFailed(layer.name()) : null;
    }
  }

  static @Nullable Rejection dispatch(Exchange x, Layer layer) {
    try {
      return layer.onDispatch(x);
    } catch (RuntimeException | Error bug) {
      x.facts().layerFailed(layer.name(), bug);
      return layer.failsClosed() ? Rejections.layerFailed(layer.name()) : null;
    }
  }

  static @Nullable Outcome down(Exchange x, AttemptLayer layer, Attempt a) {
    try {
      return layer.onAttempt(x, a);
    } catch (RuntimeException | Error bug) {
      x.facts().layerFailed(layer.name(), bug);
      return layer.failsClosed() ? Rejections.layerFailed(layer.name()) : null;
    }
  }

  static @Nullable Action decided(Exchange x, AttemptsLayer layer, Attempt a, Outcome result) {
    try {
      return layer.onOutcome(x, a, result);
    } catch (RuntimeException | Error bug) {
      x.facts().layerFailed(layer.name(), bug);
      return null;
    }
  }

  static Action overdue(Exchange x, AttemptsLayer layer, Attempt a) {
    try {
      return layer.onOverdue(x, a);
    } catch (RuntimeException | Error bug) {
      x.facts().layerFailed(layer.name(), bug);
      return x.abort(a, new Failed(Failed.Kind.PER_TRY_TIMEOUT, null));
    }
  }

  static Outcome forApplication(Exchange x, AttemptsLayer layer, Outcome reached) {
    try {
      return layer.forApplication(x, reached);
    } catch (RuntimeException | Error bug) {
      x.facts().layerFailed(layer.name(), bug);
      return reached;
    }
  }

  static void givenUp(Exchange x, Layer layer) {
    try {
      layer.onGivenUp(x);
    } catch (RuntimeException | Error bug) {
      x.facts().layerFailed(layer.name(), bug);
    }
  }

  static void up(Exchange x, Stack stack, int entered, Outcome result) {
    for (int i = stack.outcome.length - 1; i >= 0; i--) {
      if (stack.outcomeAt[i] < entered) {
        try {
          stack.outcome[i].onOutcome(x, result);
        } catch (RuntimeException | Error bug) {
          x.facts().layerFailed(stack.outcome[i].name(), bug);
        }
      }
    }
  }

  static void up(Exchange x, Stack stack, Attempt a, Outcome result) {
    for (int i = stack.attemptOutcome.length - 1; i >= 0; i--) {
      if (stack.attemptOutcomeAt[i] < a.entered) {
        try {
          stack.attemptOutcome[i].onOutcome(x, a, result);
        } catch (RuntimeException | Error bug) {
          x.facts().layerFailed(stack.attemptOutcome[i].name(), bug);
        }
      }
    }
  }

  static void end(Exchange x, Stack stack, int entered, End how) {
    try {
      stack.attempts.onEnd(x);
    } catch (RuntimeException | Error bug) {
      x.facts().layerFailed(stack.attempts.name(), bug);
    }
    for (int i = stack.end.length - 1; i >= 0; i--) {
      if (stack.endAt[i] < entered) {
        try {
          stack.end[i].onEnd(x, how);
        } catch (RuntimeException | Error bug) {
          x.facts().layerFailed(stack.end[i].name(), bug);
        }
      }
    }
  }

  static void end(Exchange x, Stack stack, Attempt a, End how) {
    if (a.ended) {
      return;
    }
    a.ended = true;
    for (int i = stack.attemptEnd.length - 1; i >= 0; i--) {
      if (stack.attemptEndAt[i] < a.entered) {
        try {
          stack.attemptEnd[i].onEnd(x, a, how);
        } catch (RuntimeException | Error bug) {
          x.facts().layerFailed(stack.attemptEnd[i].name(), bug);
        }
      }
    }
  }
}
