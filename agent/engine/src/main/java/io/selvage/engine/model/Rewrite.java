package io.selvage.engine.model;

import org.jspecify.annotations.Nullable;

/**
 * How the request line is changed before it is sent (Envoy {@code RouteAction.prefix_rewrite} and
 * its neighbours).
 *
 * @param prefix replaces what the route's path matcher matched
 * @param authority replaces {@code :authority}
 */
public record Rewrite(
    @Nullable String prefix,
    @Nullable RegexRewrite regex,
    @Nullable String authority,
    boolean authorityFromHost) {}
