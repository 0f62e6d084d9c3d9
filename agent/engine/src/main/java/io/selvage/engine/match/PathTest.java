package io.selvage.engine.match;

import io.selvage.engine.model.PathMatch;
import org.jspecify.annotations.Nullable;

/** A compiled {@link PathMatch}; see there for the meaning of each kind. */
public final class PathTest {
  private final PathMatch match;
  private final @Nullable TextPattern pattern;
  private final @Nullable UriTemplate template;

  private PathTest(PathMatch match, @Nullable TextPattern pattern, @Nullable UriTemplate template) {
    this.match = match;
    this.pattern = pattern;
    this.template = template;
  }

  /**
   * Compiles a matcher.
   *
   * @throws IllegalArgumentException when its expression or template is none
   */
  public static PathTest of(PathMatch match) {
    if (match instanceof PathMatch.Regex r) {
      return new PathTest(match, TextPattern.of(r.regex()), null);
    }
    if (match instanceof PathMatch.Template t) {
      return new PathTest(match, null, UriTemplate.of(t.template()));
    }
    return new PathTest(match, null, null);
  }

  /** Whether a path without query matches. */
  public boolean test(String path) {
    if (match instanceof PathMatch.Prefix m) {
      return path.regionMatches(m.ignoreCase(), 0, m.prefix(), 0, m.prefix().length());
    }
    if (match instanceof PathMatch.Exact m) {
      return m.ignoreCase() ? path.equalsIgnoreCase(m.path()) : path.equals(m.path());
    }
    if (match instanceof PathMatch.SeparatedPrefix m) {
      int length = m.prefix().length();
      return path.regionMatches(m.ignoreCase(), 0, m.prefix(), 0, length)
          && (path.length() == length
              || path.charAt(length) == '/'
              || (length > 0 && m.prefix().charAt(length - 1) == '/'));
    }
    if (template != null) {
      return template.matches(path);
    }
    return pattern != null && pattern.matches(path);
  }

  /** What every matching path begins with, case included; may be empty. */
  public String literalPrefix() {
    if (pattern != null) {
      return pattern.literalPrefix();
    }
    if (match.ignoreCase()) {
      return "";
    }
    if (match instanceof PathMatch.Prefix m) {
      return m.prefix();
    }
    if (match instanceof PathMatch.Exact m) {
      return m.path();
    }
    if (match instanceof PathMatch.SeparatedPrefix m) {
      return m.prefix();
    }
    return "";
  }

  public PathMatch match() {
    return match;
  }
}
