package io.selvage.engine.model;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How many requests may be under way, found out from how long they take (Envoy {@code
 * envoy.extensions.filters.http.adaptive_concurrency.v3.AdaptiveConcurrency} with its gradient
 * controller).
 *
 * @param policy {@code namespace/name} of the resource, for messages; empty = an Envoy filter
 * @param percentile of the sampled times that stands for all of them, 0.0 to 1.0
 * @param most requests under way, however fast they are
 * @param update how long samples are taken before the limit is set anew
 * @param minRttInterval between measurements of the ideal time; zero = {@code fixedMinRtt} holds
 * @param fixedMinRtt the ideal time where it is not measured; null = it is measured
 * @param minRttRequests how many requests a measurement takes
 * @param jitter share of {@code minRttInterval} by which a measurement may be late
 * @param least requests under way, also the limit while the ideal time is measured
 * @param buffer share of the ideal time that answers may take longer without effect
 * @param status of refusals
 */
public record AdaptiveConcurrency(
    String policy,
    double percentile,
    int most,
    Duration update,
    Duration minRttInterval,
    @Nullable Duration fixedMinRtt,
    int minRttRequests,
    double jitter,
    int least,
    double buffer,
    int status) {}
