package io.selvage.engine.model;

import org.jspecify.annotations.Nullable;

/**
 * A predicate over one header (Envoy {@code HeaderMatcher}). Of several values of one header one
 * must pass, as in Envoy.
 *
 * @param name lower case; {@code :method}, {@code :authority}, {@code :scheme} and {@code :path}
 *     are the request line
 * @param invert the result is negated
 * @param missingAsEmpty a missing header is matched as the empty string (Envoy {@code
 *     treat_missing_header_as_empty})
 */
public record HeaderMatch(String name, Test test, boolean invert, boolean missingAsEmpty) {
  /** What is asked of the value. */
  public sealed interface Test {}

  /** Present (or, with false, absent). */
  public record Present(boolean present) implements Test {}

  /** The value as a string. */
  public record Value(StringMatch match) implements Test {}

  /** The value as a number in {@code [start, end)}. */
  public record Range(long start, long end) implements Test {}

  /** A header that must equal {@code value}. */
  public static HeaderMatch exact(String name, String value) {
    return new HeaderMatch(name, new Value(new StringMatch.Exact(value, false)), false, false);
  }

  /** The string test of this matcher, or null when it asks for something else. */
  public @Nullable StringMatch string() {
    return test instanceof Value v ? v.match() : null;
  }
}
