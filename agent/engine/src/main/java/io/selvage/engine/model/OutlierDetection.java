package io.selvage.engine.model;

import java.time.Duration;

/**
 * When an endpoint is taken out for a while (Envoy {@code OutlierDetection}). A limit of 0 switches that detector off.
 *
 * @param maxEjectionFraction 0.0 to 1.0 of the endpoints; at least one may always be ejected, as in Envoy
 */
public record OutlierDetection(
    int consecutive5xx,
    int consecutiveGatewayErrors,
    int consecutiveLocalOriginFailures,
    boolean splitLocalOrigin,
    Duration interval,
    Duration baseEjectionTime,
    Duration maxEjectionTime,
    double maxEjectionFraction,
    double minHealthFraction) {}
