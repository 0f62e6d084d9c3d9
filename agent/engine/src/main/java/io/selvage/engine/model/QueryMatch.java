package io.selvage.engine.model;

import org.jspecify.annotations.Nullable;

/**
 * A predicate over one query parameter (Envoy {@code QueryParameterMatcher}).
 *
 * @param match null when presence is enough
 */
public record QueryMatch(String name, @Nullable StringMatch match) {}
