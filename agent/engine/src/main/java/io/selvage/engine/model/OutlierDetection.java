package io.selvage.engine.model;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * When an endpoint is taken out for a while (Envoy {@code OutlierDetection}). A limit of 0 switches
 * that detector off.
 *
 * @param maxEjectionFraction 0.0 to 1.0 of the endpoints; an endpoint is ejected only if the share
 *     of ejected ones, itself included, stays within it
 * @param minHealthFraction what Istio calls {@code minHealthPercent}; informative, as Istio carries
 *     it out by the cluster's panic threshold
 * @param maxJitter an ejection lasts up to this much longer, by chance
 * @param alwaysEjectOne one endpoint may be ejected whatever the fraction is
 * @param errors which answers are errors; null = those of 500 and above
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
    double minHealthFraction,
    Enforcing enforcing,
    SuccessRate successRate,
    FailurePercentage failurePercentage,
    Duration maxJitter,
    boolean alwaysEjectOne,
    @Nullable ErrorMatch errors) {

  /** The detectors that count in a row, always enforced, and none that compares rates. */
  public OutlierDetection(
      int consecutive5xx,
      int consecutiveGatewayErrors,
      int consecutiveLocalOriginFailures,
      boolean splitLocalOrigin,
      Duration interval,
      Duration baseEjectionTime,
      Duration maxEjectionTime,
      double maxEjectionFraction,
      double minHealthFraction) {
    this(
        consecutive5xx,
        consecutiveGatewayErrors,
        consecutiveLocalOriginFailures,
        splitLocalOrigin,
        interval,
        baseEjectionTime,
        maxEjectionTime,
        maxEjectionFraction,
        minHealthFraction,
        Enforcing.IN_A_ROW,
        SuccessRate.DEFAULT,
        FailurePercentage.DEFAULT,
        Duration.ZERO,
        false,
        null);
  }

  /** How often what a detector finds is carried out; 0.0 to 1.0 each. */
  public record Enforcing(
      double consecutive5xx,
      double gatewayErrors,
      double localOriginFailures,
      double successRate,
      double localOriginSuccessRate,
      double failurePercentage,
      double localOriginFailurePercentage) {
    public static final Enforcing IN_A_ROW = new Enforcing(1, 1, 1, 0, 0, 0, 0);
  }

  /**
   * Endpoints whose success rate is far below the others'.
   *
   * @param minimumHosts that had enough requests in the interval
   * @param requestVolume how many requests are enough
   * @param deviations how many standard deviations below the mean is too low
   */
  public record SuccessRate(int minimumHosts, int requestVolume, double deviations) {
    public static final SuccessRate DEFAULT = new SuccessRate(5, 100, 1.9);
  }

  /**
   * Endpoints too many of whose requests failed.
   *
   * @param threshold per cent
   */
  public record FailurePercentage(int threshold, int minimumHosts, int requestVolume) {
    public static final FailurePercentage DEFAULT = new FailurePercentage(85, 5, 50);
  }

  /**
   * Which answers are errors (Envoy {@code HttpProtocolOptions.OutlierDetection.error_matcher});
   * {@code :status} is the answer's status.
   */
  public sealed interface ErrorMatch {
    record Any(List<ErrorMatch> of) implements ErrorMatch {}

    record All(List<ErrorMatch> of) implements ErrorMatch {}

    record Not(ErrorMatch of) implements ErrorMatch {}

    record Always() implements ErrorMatch {}

    /** All of the headers match. */
    record Headers(List<HeaderMatch> headers) implements ErrorMatch {}
  }
}
