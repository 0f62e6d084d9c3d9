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
 * treated as empty; presence is inverted like anything else.
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
      if (test.testValue(head.header(test.match.name()))) {
        return true;
      }
    }
    return false;
  }

  /** Whether the request matches. */
  public boolean test(RequestHead head) {
    return testValue(head.header(match.name()));
  }

  /** Whether a value matches; null = the header is missing. */
  public boolean testValue(@Nullable String found) {
    if (match.test() instanceof HeaderMatch.Present p) {
      return (found != null) == (p.present() != match.invert());
    }
    if (found == null && !match.missingAsEmpty()) {
      return false;
    }
    String text = found == null ? "" : found;
    boolean matches = value != null ? value.test(text) : inRange(text);
    return matches != match.invert();
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
