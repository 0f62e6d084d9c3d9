package io.selvage.engine.model;

/** A predicate over one string (Envoy {@code StringMatcher}). */
public sealed interface StringMatch {
  boolean ignoreCase();

  record Exact(String value, boolean ignoreCase) implements StringMatch {}

  record Prefix(String value, boolean ignoreCase) implements StringMatch {}

  record Suffix(String value, boolean ignoreCase) implements StringMatch {}

  record Contains(String value, boolean ignoreCase) implements StringMatch {}

  /** The whole string by an RE2 expression. */
  record Regex(String regex) implements StringMatch {
    @Override
    public boolean ignoreCase() {
      return false;
    }
  }
}
