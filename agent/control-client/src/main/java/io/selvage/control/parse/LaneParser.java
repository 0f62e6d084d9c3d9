package io.selvage.control.parse;

import io.selvage.engine.model.HeaderMatch;
import io.selvage.engine.model.LaneEntry;
import io.selvage.engine.model.PathMatch;
import io.selvage.engine.model.QueryMatch;
import io.selvage.engine.model.RouteMatch;
import io.selvage.engine.model.StringMatch;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Rules that put requests into traffic lanes. */
final class LaneParser {
  private LaneParser() {}

  static LaneEntry entry(Options o) {
    String lane = o.text("lane");
    if (!lane.matches("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")) {
      o.field().at("lane").refuse("must be a DNS label; found '" + lane + "'");
    }
    return new LaneEntry(
        lane, o.objects("match", LaneParser::match), o.fraction("percentage", 1.0));
  }

  private static RouteMatch match(Options o) {
    List<HeaderMatch> headers = new ArrayList<>();
    o.eachObject(
        "headers",
        (name, test) ->
            headers.add(
                new HeaderMatch(name.toLowerCase(Locale.ROOT), header(test), false, false)));
    o.eachObject("cookies", (name, test) -> headers.add(cookie(name, test)));
    List<QueryMatch> query = new ArrayList<>();
    o.eachObject("queryParams", (name, test) -> query.add(new QueryMatch(name, text(test))));
    PathMatch path = o.object("uri", LaneParser::path);
    return new RouteMatch(
        path == null ? new PathMatch.Prefix("/", false) : path, headers, query, 1.0);
  }

  private static HeaderMatch.Test header(Options o) {
    StringMatch match = text(o);
    return match == null ? new HeaderMatch.Present(true) : new HeaderMatch.Value(match);
  }

  /** One cookie among those of the header. */
  private static HeaderMatch cookie(String name, Options o) {
    StringMatch match = text(o);
    String value =
        match instanceof StringMatch.Exact exact
            ? quoted(exact.value())
            : match instanceof StringMatch.Prefix prefix
                ? quoted(prefix.value()) + "[^;]*"
                : match instanceof StringMatch.Regex regex ? "(?:" + regex.regex() + ")" : "[^;]*";
    String regex = "(?:.*;\\s*)?" + quoted(name) + "=" + value + "(?:\\s*;.*)?";
    return new HeaderMatch(
        "cookie",
        new HeaderMatch.Value(new StringMatch.Regex(Values.regex(regex, o.field()))),
        false,
        false);
  }

  private static String quoted(String text) {
    return com.google.re2j.Pattern.quote(text);
  }

  private static @Nullable StringMatch text(Options o) {
    String exact = o.text("exact");
    String prefix = o.text("prefix");
    String regex = o.text("regex");
    if (!exact.isEmpty()) {
      return new StringMatch.Exact(exact, false);
    }
    if (!prefix.isEmpty()) {
      return new StringMatch.Prefix(prefix, false);
    }
    return regex.isEmpty()
        ? null
        : new StringMatch.Regex(Values.regex(regex, o.field().at("regex")));
  }

  private static @Nullable PathMatch path(Options o) {
    StringMatch match = text(o);
    if (match instanceof StringMatch.Exact exact) {
      return new PathMatch.Exact(exact.value(), false);
    }
    if (match instanceof StringMatch.Prefix prefix) {
      return new PathMatch.Prefix(prefix.value(), false);
    }
    return match instanceof StringMatch.Regex regex
        ? new PathMatch.Regex(regex.regex(), false)
        : null;
  }
}
