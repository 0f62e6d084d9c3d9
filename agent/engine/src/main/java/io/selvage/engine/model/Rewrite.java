package io.selvage.engine.model;

import org.jspecify.annotations.Nullable;

/**
 * How the request line is changed before it is sent (Envoy {@code RouteAction.prefix_rewrite} and
 * its neighbours). Of the path's three at most one is there, of the authority's four too.
 *
 * @param prefix replaces what the route's path matcher matched
 * @param regex replaces what the expression matches
 * @param template is filled with the variables of the route's path template
 * @param authority replaces {@code :authority}
 * @param authorityFromHost the endpoint's host name replaces it, if it has one
 * @param authorityHeader the value of this header replaces it, if there is one
 * @param authorityRegex what becomes of the path replaces it
 * @param tellForwardedHost the authority before goes to {@code x-forwarded-host}
 */
public record Rewrite(
    @Nullable String prefix,
    @Nullable RegexRewrite regex,
    @Nullable String template,
    @Nullable String authority,
    boolean authorityFromHost,
    @Nullable String authorityHeader,
    @Nullable RegexRewrite authorityRegex,
    boolean tellForwardedHost) {
  /** Of path and authority alone. */
  public Rewrite(
      @Nullable String prefix,
      @Nullable RegexRewrite regex,
      @Nullable String authority,
      boolean authorityFromHost) {
    this(prefix, regex, null, authority, authorityFromHost, null, null, false);
  }

  /** Whether the path changes. */
  public boolean changesPath() {
    return prefix != null || regex != null || template != null;
  }
}
