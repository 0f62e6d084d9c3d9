package io.selvage.engine.match;

import io.selvage.engine.model.StringMatch;
import java.util.List;

/** A compiled {@link StringMatch}. */
public final class StringTest {
  private final StringMatch match;
  private final TextPattern pattern;

  private StringTest(StringMatch match, TextPattern pattern) {
    this.match = match;
    this.pattern = pattern;
  }

  /**
   * Compiles a matcher.
   *
   * @throws IllegalArgumentException when its expression is none
   */
  public static StringTest of(StringMatch match) {
    // only Regex has a pattern; the others need something to hold
    String regex = match instanceof StringMatch.Regex r ? r.regex() : "";
    return new StringTest(match, TextPattern.of(regex));
  }

  /** Compiles several; see {@link #any}. */
  public static List<StringTest> all(List<StringMatch> matches) {
    return matches.stream().map(StringTest::of).toList();
  }

  /** Whether one of them matches. */
  public static boolean any(List<StringTest> tests, String value) {
    for (int i = 0; i < tests.size(); i++) {
      if (tests.get(i).test(value)) {
        return true;
      }
    }
    return false;
  }

  /** Whether the value matches. */
  public boolean test(String value) {
    if (match instanceof StringMatch.Exact m) {
      return m.ignoreCase() ? value.equalsIgnoreCase(m.value()) : value.equals(m.value());
    }
    if (match instanceof StringMatch.Prefix m) {
      return value.regionMatches(m.ignoreCase(), 0, m.value(), 0, m.value().length());
    }
    if (match instanceof StringMatch.Suffix m) {
      int from = value.length() - m.value().length();
      return from >= 0
          && value.regionMatches(m.ignoreCase(), from, m.value(), 0, m.value().length());
    }
    if (match instanceof StringMatch.Contains m) {
      return contains(value, m);
    }
    return pattern.matches(value);
  }

  private static boolean contains(String value, StringMatch.Contains m) {
    if (!m.ignoreCase()) {
      return value.contains(m.value());
    }
    int length = m.value().length();
    for (int from = 0; from <= value.length() - length; from++) {
      if (value.regionMatches(true, from, m.value(), 0, length)) {
        return true;
      }
    }
    return false;
  }
}
