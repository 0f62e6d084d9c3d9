package io.selvage.engine.match;

import io.selvage.engine.flow.RequestHead;
import io.selvage.engine.flow.ResponseHead;
import io.selvage.engine.model.HeaderMatch;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A compiled {@link HeaderMatch}.
 *
 * <p>As in Envoy, a missing header matches no test of a value, inverted or not, unless it is
 * treated as empty, which is present too; presence is inverted like anything else. A header that is
 * repeated matches when one of its lines does, and inverted when none does (CVE-2026-26308: their
 * concatenation would hide a value from a DENY).
 */
public final class HeaderTest {
  private final HeaderMatch match;
  private final @Nullable StringTest value;

  private HeaderTest(HeaderMatch match, @Nullable StringTest value) {
    this.match = match;
    this.value = value;
  }

  /**
   * Compiles a matcher.
   *
   * @throws IllegalArgumentException when its expression is none
   */
  public static HeaderTest of(HeaderMatch match) {
    return new HeaderTest(
        match, match.test() instanceof HeaderMatch.Value v ? StringTest.of(v.match()) : null);
  }

  /** Compiles several; see {@link #all(HeaderTest[], RequestHead)}. */
  public static HeaderTest[] of(List<HeaderMatch> matches) {
    return matches.stream().map(HeaderTest::of).toArray(HeaderTest[]::new);
  }

  /** Whether all of them match. */
  public static boolean all(HeaderTest[] tests, RequestHead head) {
    for (HeaderTest test : tests) {
      if (!test.test(head)) {
        return false;
      }
    }
    return true;
  }

  /** Whether one of them matches. */
  public static boolean any(HeaderTest[] tests, ResponseHead head) {
    for (HeaderTest test : tests) {
      if (test.test(head)) {
        return true;
      }
    }
    return false;
  }

  /** Whether the request matches. */
  public boolean test(RequestHead head) {
    String joined = head.header(match.name());
    return isOneValue(joined) ? testValue(joined) : testLines(head.values(match.name()));
  }

  /** Whether the response matches; as of requests, line by line. */
  public boolean test(ResponseHead head) {
    String joined = head.header(match.name());
    return isOneValue(joined) ? testValue(joined) : testLines(head.values(match.name()));
  }

  private boolean isOneValue(@Nullable String joined) {
    return joined == null || joined.indexOf(',') < 0 || match.test() instanceof HeaderMatch.Present;
  }

  private boolean testLines(List<String> values) {
    for (int i = 0; i < values.size(); i++) {
      if (holds(values.get(i))) {
        return !match.invert();
      }
    }
    return match.invert();
  }

  /** Whether a value matches; null = the header is missing. */
  public boolean testValue(@Nullable String found) {
    if (match.test() instanceof HeaderMatch.Present p) {
      return (found != null || match.missingAsEmpty()) == (p.present() != match.invert());
    }
    if (found == null && !match.missingAsEmpty()) {
      return false;
    }
    return holds(found == null ? "" : found) != match.invert();
  }

  private boolean holds(String text) {
    return value != null ? value.test(text) : inRange(text);
  }

  private boolean inRange(String text) {
    if (!(match.test() instanceof HeaderMatch.Range range) || text.isEmpty()) {
      return false;
    }
    try {
      long number = Long.parseLong(text);
      return number >= range.start() && number < range.end();
    } catch (NumberFormatException notANumber) {
      return false;
    }
  }
}
