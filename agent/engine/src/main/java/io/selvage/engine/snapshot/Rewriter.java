package io.selvage.engine.snapshot;

import io.selvage.engine.match.RegexReplacement;
import io.selvage.engine.match.UriTemplate;
import io.selvage.engine.model.PathMatch;
import io.selvage.engine.model.RegexRewrite;
import org.jspecify.annotations.Nullable;

/**
 * Changes a path as a route says: by what its matcher matched, by an expression, or by the
 * variables of its template. The query is kept. Source: Envoy {@code
 * RouteEntryImplBase::finalizePathHeader}.
 */
public final class Rewriter {
  private final @Nullable String prefix;
  private final PathMatch match;
  private final @Nullable RegexReplacement regex;
  private final UriTemplate.@Nullable Filling template;

  private Rewriter(
      @Nullable String prefix,
      PathMatch match,
      @Nullable RegexReplacement regex,
      UriTemplate.@Nullable Filling template) {
    this.prefix = prefix;
    this.match = match;
    this.regex = regex;
    this.template = template;
  }

  /** Compiles; throws {@link IllegalArgumentException} with the reason. */
  public static Rewriter of(
      @Nullable String prefix, @Nullable RegexRewrite regex, PathMatch match) {
    return new Rewriter(
        prefix == null || prefix.isEmpty() ? null : prefix,
        match,
        regex == null ? null : RegexReplacement.of(regex),
        null);
  }

  /** Compiles; throws {@link IllegalArgumentException} with the reason. */
  public static Rewriter ofTemplate(String rewrite, PathMatch match) {
    if (!(match instanceof PathMatch.Template template)) {
      throw new IllegalArgumentException("a path template is rewritten only where one is matched");
    }
    return new Rewriter(null, match, null, UriTemplate.of(template.template()).filling(rewrite));
  }

  /** The path with its query, changed; null when nothing would be left of it, so that it stays. */
  public @Nullable String apply(String pathAndQuery) {
    int query = pathAndQuery.indexOf('?');
    String path = query < 0 ? pathAndQuery : pathAndQuery.substring(0, query);
    String rest = query < 0 ? "" : pathAndQuery.substring(query);
    if (prefix != null) {
      return prefix + path.substring(Math.min(path.length(), matched(path))) + rest;
    }
    if (template != null) {
      String filled = template.of(path);
      return filled == null ? pathAndQuery : filled + rest;
    }
    String replaced = regex == null ? "" : regex.of(path);
    return replaced.isEmpty() ? null : replaced + rest;
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
}
