package io.selvage.control.parse;

import io.envoyproxy.envoy.config.route.v3.HeaderMatcher;
import io.envoyproxy.envoy.config.route.v3.QueryParameterMatcher;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import io.selvage.engine.model.HeaderMatch;
import io.selvage.engine.model.QueryMatch;
import io.selvage.engine.model.StringMatch;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Predicates over strings, headers and query parameters. */
final class Matchers {
  private static final StringMatch NEVER = new StringMatch.Exact("", false);

  private Matchers() {}

  static StringMatch string(StringMatcher m, Field f) {
    boolean fold = m.getIgnoreCase();
    return switch (m.getMatchPatternCase()) {
      case EXACT -> new StringMatch.Exact(m.getExact(), fold);
      case PREFIX -> new StringMatch.Prefix(notEmpty(m.getPrefix(), f.at("prefix")), fold);
      case SUFFIX -> new StringMatch.Suffix(notEmpty(m.getSuffix(), f.at("suffix")), fold);
      case CONTAINS -> new StringMatch.Contains(notEmpty(m.getContains(), f.at("contains")), fold);
      case SAFE_REGEX ->
          new StringMatch.Regex(
              Values.regex(m.getSafeRegex().getRegex(), f.at("safe_regex.regex")));
      default -> {
        f.refuse("unknown string matcher");
        yield NEVER;
      }
    };
  }

  private static String notEmpty(String text, Field f) {
    if (text.isEmpty()) {
      f.refuse("must not be empty");
    }
    return text;
  }

  static List<StringMatch> strings(List<StringMatcher> all, Field f, String name) {
    List<StringMatch> found = new ArrayList<>();
    for (int i = 0; i < all.size(); i++) {
      found.add(string(all.get(i), f.at(name, i)));
    }
    return found;
  }

  static List<HeaderMatch> headers(List<HeaderMatcher> all, Field f, String name) {
    List<HeaderMatch> found = new ArrayList<>();
    for (int i = 0; i < all.size(); i++) {
      found.add(header(all.get(i), f.at(name, i)));
    }
    return found;
  }

  @SuppressWarnings("deprecation") // older controllers still send the older matchers
  static HeaderMatch header(HeaderMatcher m, Field f) {
    if (m.getName().isEmpty()) {
      f.at("name").refuse("must not be empty");
    }
    // a matcher that a newer controller means something else by would read as 'present'
    f.nothingUnknown(m);
    HeaderMatch.Test test =
        switch (m.getHeaderMatchSpecifierCase()) {
          case STRING_MATCH ->
              new HeaderMatch.Value(string(m.getStringMatch(), f.at("string_match")));
          case EXACT_MATCH ->
              // Envoy: an empty one takes every value
              new HeaderMatch.Value(
                  m.getExactMatch().isEmpty()
                      ? new StringMatch.Prefix("", false)
                      : new StringMatch.Exact(m.getExactMatch(), false));
          case PREFIX_MATCH ->
              new HeaderMatch.Value(
                  new StringMatch.Prefix(
                      notEmpty(m.getPrefixMatch(), f.at("prefix_match")), false));
          case SUFFIX_MATCH ->
              new HeaderMatch.Value(
                  new StringMatch.Suffix(
                      notEmpty(m.getSuffixMatch(), f.at("suffix_match")), false));
          case CONTAINS_MATCH ->
              new HeaderMatch.Value(
                  new StringMatch.Contains(
                      notEmpty(m.getContainsMatch(), f.at("contains_match")), false));
          case SAFE_REGEX_MATCH ->
              new HeaderMatch.Value(
                  new StringMatch.Regex(
                      Values.regex(
                          m.getSafeRegexMatch().getRegex(), f.at("safe_regex_match.regex"))));
          case RANGE_MATCH ->
              new HeaderMatch.Range(m.getRangeMatch().getStart(), m.getRangeMatch().getEnd());
          case PRESENT_MATCH -> new HeaderMatch.Present(m.getPresentMatch());
          // Envoy: without a specifier the header must be present
          case HEADERMATCHSPECIFIER_NOT_SET -> new HeaderMatch.Present(true);
        };
    return new HeaderMatch(
        m.getName().toLowerCase(Locale.ROOT),
        test,
        m.getInvertMatch(),
        m.getTreatMissingHeaderAsEmpty());
  }

  static List<QueryMatch> query(List<QueryParameterMatcher> all, Field f, String name) {
    List<QueryMatch> found = new ArrayList<>();
    for (int i = 0; i < all.size(); i++) {
      QueryParameterMatcher m = all.get(i);
      Field at = f.at(name, i);
      switch (m.getQueryParameterMatchSpecifierCase()) {
        case STRING_MATCH ->
            found.add(
                new QueryMatch(m.getName(), string(m.getStringMatch(), at.at("string_match"))));
        case PRESENT_MATCH -> found.add(new QueryMatch(m.getName(), null, !m.getPresentMatch()));
        case QUERYPARAMETERMATCHSPECIFIER_NOT_SET -> found.add(new QueryMatch(m.getName(), null));
      }
    }
    return found;
  }
}
