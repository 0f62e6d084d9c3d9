package io.selvage.engine.snapshot;

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
      substitution = javaSubstitution(regex.substitution());
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
    return pattern == null ? pathAndQuery : pattern.matcher(path).replaceAll(substitution) + rest;
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

  /** RE2 writes groups as {@code \1}; a dollar sign means nothing there. */
  private static String javaSubstitution(String re2) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < re2.length(); i++) {
      char c = re2.charAt(i);
      if (c == '\\' && i + 1 < re2.length()) {
        char next = re2.charAt(++i);
        if (Character.isDigit(next)) {
          out.append("${").append(next).append('}');
        } else {
          out.append('\\').append(next);
        }
      } else if (c == '$') {
        out.append("\\$");
      } else {
        out.append(c);
      }
    }
    return out.toString();
  }
}
