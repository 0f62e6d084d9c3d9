package io.selvage.engine.snapshot;

import io.selvage.engine.flow.ResponseHead;
import io.selvage.engine.match.HeaderTest;
import io.selvage.engine.model.HeaderMatch;
import io.selvage.engine.model.OutlierDetection.ErrorMatch;
import java.util.List;

/** A compiled {@link ErrorMatch}: whether an answer speaks against the endpoint. */
public interface ErrorTest {
  boolean isError(ResponseHead head);

  /**
   * Compiles.
   *
   * @throws IllegalArgumentException when an expression is none
   */
  static ErrorTest of(ErrorMatch match) {
    if (match instanceof ErrorMatch.Any any) {
      List<ErrorTest> of = any.of().stream().map(ErrorTest::of).toList();
      return head -> of.stream().anyMatch(test -> test.isError(head));
    }
    if (match instanceof ErrorMatch.All all) {
      List<ErrorTest> of = all.of().stream().map(ErrorTest::of).toList();
      return head -> of.stream().allMatch(test -> test.isError(head));
    }
    if (match instanceof ErrorMatch.Not not) {
      ErrorTest of = of(not.of());
      return head -> !of.isError(head);
    }
    return match instanceof ErrorMatch.Headers headers ? headers(headers) : head -> true;
  }

  private static ErrorTest headers(ErrorMatch.Headers match) {
    List<HeaderMatch> matches = match.headers();
    HeaderTest[] tests = HeaderTest.of(matches);
    return head -> {
      for (int i = 0; i < tests.length; i++) {
        String name = matches.get(i).name();
        boolean holds =
            ":status".equals(name)
                ? tests[i].testValue(status(head.status()))
                : tests[i].test(head);
        if (!holds) {
          return false;
        }
      }
      return true;
    };
  }

  private static String status(int status) {
    return Integer.toString(status);
  }
}
