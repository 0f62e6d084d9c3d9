package io.selvage.engine.model;

import org.jspecify.annotations.Nullable;

/**
 * A predicate over one query parameter (Envoy {@code QueryParameterMatcher}).
 *
 * @param match null when presence is enough
 * @param absent whether the parameter must not be there; only without {@code match}
 */
public record QueryMatch(String name, @Nullable StringMatch match, boolean absent) {
  /** A parameter that must be there. */
  public QueryMatch(String name, @Nullable StringMatch match) {
    this(name, match, false);
  }
}
