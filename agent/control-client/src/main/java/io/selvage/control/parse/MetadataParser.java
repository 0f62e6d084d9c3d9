package io.selvage.control.parse;

import io.envoyproxy.envoy.config.rbac.v3.MetadataSource;
import io.envoyproxy.envoy.config.rbac.v3.SourcedMetadata;
import io.envoyproxy.envoy.type.matcher.v3.DoubleMatcher;
import io.envoyproxy.envoy.type.matcher.v3.MetadataMatcher;
import io.envoyproxy.envoy.type.matcher.v3.ValueMatcher;
import io.selvage.engine.model.Principal;
import io.selvage.engine.model.StringMatch;
import io.selvage.engine.model.ValueMatch;
import java.util.ArrayList;
import java.util.List;

/** Matchers on what earlier filters found out, such as claims of tokens. */
final class MetadataParser {
  /** The one filter that publishes something here. */
  private static final String TOKENS = "envoy.filters.http.jwt_authn";

  private static final int MAX_DEPTH = 16;
  private static final ValueMatch NEVER =
      new ValueMatch.Text(new StringMatch.Exact("\u0000", false));

  private MetadataParser() {}

  static Principal principal(SourcedMetadata sourced, Field f) {
    f.nothingUnknown(sourced);
    if (sourced.getMetadataSource() != MetadataSource.DYNAMIC) {
      f.at("metadata_source").refuse("not supported: " + sourced.getMetadataSource());
    }
    return principal(sourced.getMetadataMatcher(), f.at("metadata_matcher"));
  }

  static Principal principal(MetadataMatcher matcher, Field f) {
    f.nothingUnknown(matcher);
    if (!matcher.getFilter().equals(TOKENS)) {
      f.at("filter").refuse("nothing is known of filter '" + matcher.getFilter() + "'");
    }
    List<String> path = new ArrayList<>();
    for (int i = 0; i < matcher.getPathCount(); i++) {
      f.at("path", i).nothingUnknown(matcher.getPath(i));
      path.add(matcher.getPath(i).getKey());
    }
    if (path.isEmpty()) {
      f.at("path").refuse("must not be empty");
    }
    return new Principal.Metadata(
        matcher.getFilter(),
        path,
        value(matcher.getValue(), f.at("value"), 0),
        matcher.getInvert());
  }

  private static ValueMatch value(ValueMatcher v, Field f, int depth) {
    f.nothingUnknown(v);
    if (depth > MAX_DEPTH) {
      f.refuse("nested too deeply");
      return NEVER;
    }
    switch (v.getMatchPatternCase()) {
      case NULL_MATCH:
        return new ValueMatch.Null();
      case DOUBLE_MATCH:
        return number(v.getDoubleMatch(), f.at("double_match"));
      case STRING_MATCH:
        return new ValueMatch.Text(Matchers.string(v.getStringMatch(), f.at("string_match")));
      case BOOL_MATCH:
        return new ValueMatch.Flag(v.getBoolMatch());
      case PRESENT_MATCH:
        return new ValueMatch.Present(v.getPresentMatch());
      case LIST_MATCH:
        f.at("list_match").nothingUnknown(v.getListMatch());
        return new ValueMatch.OneOf(
            value(v.getListMatch().getOneOf(), f.at("list_match.one_of"), depth + 1));
      case OR_MATCH:
        f.at("or_match").nothingUnknown(v.getOrMatch());
        List<ValueMatch> any = new ArrayList<>();
        for (int i = 0; i < v.getOrMatch().getValueMatchersCount(); i++) {
          any.add(
              value(
                  v.getOrMatch().getValueMatchers(i),
                  f.at("or_match").at("value_matchers", i),
                  depth + 1));
        }
        return new ValueMatch.Or(any);
      default:
        f.refuse("value not supported: " + v.getMatchPatternCase());
        return NEVER;
    }
  }

  private static ValueMatch number(DoubleMatcher number, Field f) {
    f.nothingUnknown(number);
    return switch (number.getMatchPatternCase()) {
      case EXACT -> new ValueMatch.Number(number.getExact(), number.getExact());
      case RANGE -> new ValueMatch.Number(number.getRange().getStart(), number.getRange().getEnd());
      default -> {
        f.refuse("neither exact nor range");
        yield NEVER;
      }
    };
  }
}
