package io.selvage.engine.model;

import java.util.List;

/** A predicate over one JSON value (Envoy {@code ValueMatcher}). */
public sealed interface ValueMatch {
  record Null() implements ValueMatch {}

  /** From {@code least} on, below {@code below}; both the same = exactly. */
  record Number(double least, double below) implements ValueMatch {}

  record Text(StringMatch match) implements ValueMatch {}

  record Flag(boolean value) implements ValueMatch {}

  record Present(boolean value) implements ValueMatch {}

  /** A list of which one value matches. */
  record OneOf(ValueMatch each) implements ValueMatch {}

  record Or(List<ValueMatch> any) implements ValueMatch {
    public Or {
      any = List.copyOf(any);
    }
  }
}
