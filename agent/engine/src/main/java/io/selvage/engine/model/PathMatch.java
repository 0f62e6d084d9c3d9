package io.selvage.engine.model;

/** How a path is matched, query string excluded (Envoy {@code RouteMatch.path_specifier}). */
public sealed interface PathMatch {
  /** Case is ignored when set (Envoy {@code case_sensitive: false}). */
  boolean ignoreCase();

  /** The whole path. */
  record Exact(String path, boolean ignoreCase) implements PathMatch {}

  /** The beginning of the path, character by character. */
  record Prefix(String prefix, boolean ignoreCase) implements PathMatch {}

  /** The path itself or anything below it, at a slash (Envoy {@code path_separated_prefix}). */
  record SeparatedPrefix(String prefix, boolean ignoreCase) implements PathMatch {}

  /** The whole path by an RE2 expression, which alone says whether case matters. */
  record Regex(String regex, boolean ignoreCase) implements PathMatch {}

  /**
   * A URI template (Envoy {@code path_match_policy} with {@code UriTemplateMatchConfig}); case
   * always matters.
   */
  record Template(String template, boolean ignoreCase) implements PathMatch {}
}
