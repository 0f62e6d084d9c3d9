package io.selvage.engine.model;

/**
 * A share of the requests is also sent elsewhere, and the answers dropped (Envoy {@code
 * RequestMirrorPolicy}).
 */
public record Mirror(String cluster, double fraction) {}
