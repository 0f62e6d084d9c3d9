package io.selvage.engine.model;

import org.jspecify.annotations.Nullable;

/**
 * One route: first match wins (Envoy {@code Route}).
 *
 * @param name for logs and explanations; may be empty
 * @param fault the fault filter's configuration for this route, which replaces the listener's
 * @param cors applied on the server side only
 */
public record Route(
    String name,
    RouteMatch match,
    RouteAction action,
    HeaderOps requestHeaders,
    HeaderOps responseHeaders,
    @Nullable Fault fault,
    @Nullable Cors cors) {}
