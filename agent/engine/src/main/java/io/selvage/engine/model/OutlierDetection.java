package io.selvage.engine.model;

import java.time.Duration;

/**
 * When an endpoint is taken out for a while (Envoy {@code OutlierDetection}). A limit of 0 switches
 * that detector off.
 *
 * @param maxEjectionFraction 0.0 to 1.0 of the endpoints; an endpoint is ejected only if the share
 *     of ejected ones, itself included, stays within it (Envoy without {@code
 *     always_eject_one_host})
 * @param minHealthFraction what Istio calls {@code minHealthPercent}; informative, as Istio carries
 *     it out by the cluster's panic threshold
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
