package io.selvage.differential;

import io.envoyproxy.envoy.config.route.v3.HeaderMatcher;
import io.envoyproxy.envoy.config.route.v3.QueryParameterMatcher;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.type.matcher.v3.RegexMatcher;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import io.envoyproxy.envoy.type.v3.Int64Range;

/** Header and query matchers of every form. */
final class MatchTables {
  static final String[] NAMES = {"x-a", "x-b", "X-Multi", "x-n", "cookie"};
  static final String[] VALUES = {"1", "one", "One", "two", "a,b", "a", "23", "-5", "one-two", ""};

  private final Dice dice;

  MatchTables(Dice dice) {
    this.dice = dice;
  }

  void into(RouteMatch.Builder match) {
    while (dice.percent(30)) {
      match.addHeaders(header());
    }
    while (dice.percent(15)) {
      match.addQueryParameters(query());
    }
    if (dice.percent(3)) {
      match.setGrpc(RouteMatch.GrpcRouteMatchOptions.getDefaultInstance());
    }
  }

  @SuppressWarnings("deprecation") // older controllers still send the older matchers
  private HeaderMatcher.Builder header() {
    HeaderMatcher.Builder m = HeaderMatcher.newBuilder();
    switch (dice.below(8)) {
      case 0 -> m.setName(":method").setStringMatch(exact(dice.of("GET", "POST", "get", "HEAD")));
      case 1 -> m.setName(":authority").setStringMatch(string());
      case 2 -> m.setName(":scheme").setStringMatch(exact(dice.of("http", "https")));
      case 3 -> m.setName(":path").setStringMatch(string());
      default -> {
        m.setName(dice.of(NAMES));
        switch (dice.below(12)) {
          case 0 -> m.setExactMatch(dice.of(VALUES));
          case 1 -> m.setPrefixMatch(dice.of("o", "a", "1"));
          case 2 -> m.setSuffixMatch(dice.of("e", "o", "b"));
          case 3 -> m.setContainsMatch(dice.of("ne", ",", "o"));
          case 4 -> m.setSafeRegexMatch(RegexMatcher.newBuilder().setRegex(regex()));
          case 5 ->
              m.setRangeMatch(
                  Int64Range.newBuilder().setStart(dice.below(9) - 6).setEnd(dice.below(30)));
          case 6 -> m.setPresentMatch(dice.percent(60));
          case 7 -> {}
          default -> m.setStringMatch(string());
        }
      }
    }
    m.setInvertMatch(dice.percent(30));
    m.setTreatMissingHeaderAsEmpty(dice.percent(20));
    return m;
  }

  private QueryParameterMatcher.Builder query() {
    QueryParameterMatcher.Builder m =
        QueryParameterMatcher.newBuilder().setName(dice.of("q", "r", "q%20", "a b"));
    switch (dice.below(5)) {
      case 0 -> m.setPresentMatch(dice.percent(70));
      case 1 -> {}
      default -> m.setStringMatch(string());
    }
    return m;
  }

  private StringMatcher.Builder string() {
    StringMatcher.Builder m = StringMatcher.newBuilder();
    switch (dice.below(6)) {
      case 0, 1 -> m.setExact(dice.of(VALUES));
      case 2 -> m.setPrefix(dice.of("o", "O", "a", "1", "/a", "a.ex"));
      case 3 -> m.setSuffix(dice.of("e", "E", "o", "b", "/b", ":8080"));
      case 4 -> m.setContains(dice.of("ne", "NE", ",", "o", "/", "example"));
      default -> m.setSafeRegex(RegexMatcher.newBuilder().setRegex(regex()));
    }
    return m.getMatchPatternCase() == StringMatcher.MatchPatternCase.SAFE_REGEX
        ? m
        : m.setIgnoreCase(dice.percent(25));
  }

  private static StringMatcher.Builder exact(String text) {
    return StringMatcher.newBuilder().setExact(text);
  }

  private String regex() {
    return dice.of("o.*", "[0-9]+", "(one|two)", ".*", "a.b|1", "-?\\d+", ".+", "(?i)ONE", "");
  }
}
