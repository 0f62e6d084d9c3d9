package io.selvage.engine.match;

import io.selvage.engine.flow.Randomness;
import io.selvage.engine.flow.RequestHead;
import io.selvage.engine.model.RouteMatch;

/** A compiled {@link RouteMatch}. */
public final class RouteTest {
  private final PathTest path;
  private final HeaderTest[] headers;
  private final QueryTest[] query;
  private final double fraction;

  private RouteTest(RouteMatch match) {
    path = PathTest.of(match.path());
    headers = HeaderTest.of(match.headers());
    query = match.query().stream().map(QueryTest::of).toArray(QueryTest[]::new);
    fraction = match.runtimeFraction();
  }

  /**
   * Compiles a matcher.
   *
   * @throws IllegalArgumentException when an expression in it is none
   */
  public static RouteTest of(RouteMatch match) {
    return new RouteTest(match);
  }

  /**
   * Whether a request matches.
   *
   * @param pathOnly its path without query
   */
  public boolean test(RequestHead head, String pathOnly, Randomness random) {
    if (!path.test(pathOnly) || !HeaderTest.all(headers, head)) {
      return false;
    }
    for (QueryTest test : query) {
      if (!test.test(head.path())) {
        return false;
      }
    }
    return random.hits(fraction);
  }

  /** What every matching path begins with; may be empty. */
  public String literalPrefix() {
    return path.literalPrefix();
  }
}
