package io.selvage.controller.resource.view;

import io.selvage.controller.resource.Checked;
import io.selvage.controller.resource.Resource;
import io.selvage.controller.resource.Violation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code gateway.networking.x-k8s.io} XBackendTrafficPolicy.
 *
 * @param retryConstraint null if not given
 */
public record BackendTrafficPolicy(
    Resource source,
    List<PolicyTarget> targets,
    @Nullable RetryConstraint retryConstraint,
    @Nullable SessionPersistence sessionPersistence) {

  /** Reads the document; unknown fields are not looked at (the schema refuses them). */
  public static Checked<BackendTrafficPolicy> parse(Resource resource) {
    List<Violation> violations = new ArrayList<>();
    Fields f = new Fields(resource.spec(), "spec", violations);
    BackendTrafficPolicy value =
        new BackendTrafficPolicy(
            resource,
            f.list("targetRefs", PolicyTarget::parse),
            f.message("retryConstraint", RetryConstraint::parse),
            f.message("sessionPersistence", SessionPersistence::parse));
    return Checked.of(value, violations);
  }

  /**
   * How many of the requests may be retries.
   *
   * @param percent of the requests, 20 if not given
   * @param interval over which requests are counted, 10 s if not given
   * @param minCount retries per {@code minInterval} that are always allowed, 10 if not given
   * @param minInterval 1 s if not given
   */
  public record RetryConstraint(
      int percent, Duration interval, int minCount, Duration minInterval) {
    private static final int PERCENT = 20;
    private static final int COUNT = 10;
    private static final Duration WINDOW = Duration.ofSeconds(10);
    private static final Duration SECOND = Duration.ofSeconds(1);

    static RetryConstraint parse(Fields f) {
      Fields budget = f.object("budget");
      Fields rate = f.object("minRetryRate");
      return new RetryConstraint(
          budget.has("percent") ? budget.number("percent") : PERCENT,
          or(budget.durationOrNull("interval"), WINDOW),
          rate.has("count") ? rate.number("count") : COUNT,
          or(rate.durationOrNull("interval"), SECOND));
    }

    private static Duration or(@Nullable Duration given, Duration otherwise) {
      return given == null ? otherwise : given;
    }
  }
}
