package io.selvage.engine.snapshot;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.selvage.engine.model.PathMatch;
import io.selvage.engine.model.RegexRewrite;
import org.jspecify.annotations.Nullable;

/**
 * Changes a path as a route says: by what its matcher matched, or by an expression. The query is
 * kept. Source: Envoy {@code RouteEntryImplBase::finalizePathHeader}.
 */
public final class Rewriter {
  private final @Nullable String prefix;
  private final PathMatch match;
  private final @Nullable Pattern pattern;
  private final String substitution;

  /** Compiles; throws {@link IllegalArgumentException} with the reason. */
  public Rewriter(@Nullable String prefix, @Nullable RegexRewrite regex, PathMatch match) {
    this.prefix = prefix == null || prefix.isEmpty() ? null : prefix;
    this.match = match;
    if (regex == null) {
      pattern = null;
      substitution = "";
    } else {
      try {
        pattern = Pattern.compile(regex.regex());
      } catch (PatternSyntaxException bad) {
        throw new IllegalArgumentException("not an RE2 expression: " + bad.getMessage(), bad);
      }
      substitution = regex.substitution();
    }
  }

  /** The path with its query, changed. */
  public String apply(String pathAndQuery) {
    int query = pathAndQuery.indexOf('?');
    String path = query < 0 ? pathAndQuery : pathAndQuery.substring(0, query);
    String rest = query < 0 ? "" : pathAndQuery.substring(query);
    if (prefix != null) {
      return prefix + path.substring(Math.min(path.length(), matched(path))) + rest;
    }
    return pattern == null ? pathAndQuery : replaced(pattern, path) + rest;
  }

  private int matched(String path) {
    if (match instanceof PathMatch.Prefix m) {
      return m.prefix().length();
    }
    if (match instanceof PathMatch.SeparatedPrefix m) {
      return m.prefix().length();
    }
    return path.length();
  }

  /** Replaces every match; RE2 writes groups as {@code \\1}, and a dollar sign means nothing. */
  private String replaced(Pattern regex, String path) {
    Matcher matcher = regex.matcher(path);
    StringBuilder out = new StringBuilder(path.length() + substitution.length());
    int from = 0;
    while (matcher.find()) {
      out.append(path, from, matcher.start());
      appendSubstitution(out, matcher);
      from = matcher.end();
    }
    return out.append(path, from, path.length()).toString();
  }

  private void appendSubstitution(StringBuilder out, Matcher matcher) {
    for (int i = 0; i < substitution.length(); i++) {
      char c = substitution.charAt(i);
      if (c != '\\' || i + 1 == substitution.length()) {
        out.append(c);
        continue;
      }
      char next = substitution.charAt(++i);
      int group = Character.digit(next, 10);
      if (group < 0) {
        out.append(next);
      } else if (group <= matcher.groupCount() && matcher.group(group) != null) {
        out.append(matcher.group(group));
      }
    }
  }
}
