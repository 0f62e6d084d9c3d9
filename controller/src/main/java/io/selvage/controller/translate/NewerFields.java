package io.selvage.controller.translate;

import com.google.protobuf.Message;
import com.google.protobuf.UnknownFieldSet;
import io.envoyproxy.envoy.config.common.matcher.v3.HttpHeadersMatch;
import io.envoyproxy.envoy.config.common.matcher.v3.MatchPredicate;
import io.envoyproxy.envoy.config.route.v3.HeaderMatcher;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import java.time.Duration;
import java.util.List;

/**
 * Fields of Envoy's API that are newer than the classes made from it, by their published numbers
 * (Envoy 1.37).
 */
final class NewerFields {
  private static final int OUTLIER_DETECTION = 8;
  private static final int ERROR_MATCHER = 1;
  private static final int BUDGET_INTERVAL = 3;

  private NewerFields() {}

  /** {@code HttpProtocolOptions.outlier_detection.error_matcher}: these statuses are errors. */
  static UnknownFieldSet errors(List<Integer> statuses) {
    MatchPredicate.MatchSet.Builder any = MatchPredicate.MatchSet.newBuilder();
    statuses.stream().distinct().forEach(s -> any.addRules(status(s)));
    MatchPredicate predicate =
        any.getRulesCount() == 1
            ? any.getRules(0)
            : MatchPredicate.newBuilder().setOrMatch(any).build();
    UnknownFieldSet matcher = of(ERROR_MATCHER, predicate);
    return UnknownFieldSet.newBuilder()
        .addField(
            OUTLIER_DETECTION,
            UnknownFieldSet.Field.newBuilder().addLengthDelimited(matcher.toByteString()).build())
        .build();
  }

  private static MatchPredicate status(int code) {
    return MatchPredicate.newBuilder()
        .setHttpResponseHeadersMatch(
            HttpHeadersMatch.newBuilder()
                .addHeaders(
                    HeaderMatcher.newBuilder()
                        .setName(":status")
                        .setStringMatch(
                            StringMatcher.newBuilder().setExact(Integer.toString(code)))))
        .build();
  }

  /** {@code RetryBudget.budget_interval}. */
  static UnknownFieldSet budgetInterval(Duration interval) {
    return of(BUDGET_INTERVAL, Protos.duration(interval));
  }

  private static UnknownFieldSet of(int number, Message value) {
    return UnknownFieldSet.newBuilder()
        .addField(
            number,
            UnknownFieldSet.Field.newBuilder().addLengthDelimited(value.toByteString()).build())
        .build();
  }
}
