package io.selvage.controller.translate;

import io.envoyproxy.envoy.config.route.v3.RetryPolicy;
import io.envoyproxy.envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate;
import io.envoyproxy.envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig;
import io.selvage.controller.resource.view.HttpRoute;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Retries: Istio's defaults, which repeat only what is safe, and what a route asks for. */
final class Retrying {
  /** Istio's default; no status codes, as a 503 may come from an application that did the work. */
  static final String SAFE = "connect-failure,refused-stream,unavailable,cancelled";

  private static final int DEFAULT_ATTEMPTS = 2;
  private static final int HOST_TRIES = 5;
  private static final int BACKOFF_FACTOR = 10;

  private Retrying() {}

  /** The policy; null where retries are switched off. */
  static @Nullable RetryPolicy of(HttpRoute.@Nullable Retries asked) {
    if (asked == null) {
      return base(DEFAULT_ATTEMPTS, SAFE, true).build();
    }
    if (asked.attempts() <= 0) {
      return null;
    }
    boolean otherHosts = !Boolean.FALSE.equals(asked.retryIgnorePreviousHosts());
    RetryPolicy.Builder policy = base(asked.attempts(), SAFE, otherHosts);
    if (!asked.retryOn().isEmpty()) {
      conditions(policy, asked.retryOn());
    }
    if (asked.perTryTimeout() != null) {
      policy.setPerTryTimeout(Protos.duration(asked.perTryTimeout()));
    }
    Duration backoff = asked.backoff();
    if (backoff != null && !backoff.isZero() && !backoff.isNegative()) {
      policy.setRetryBackOff(
          RetryPolicy.RetryBackOff.newBuilder()
              .setBaseInterval(Protos.duration(backoff))
              .setMaxInterval(Protos.duration(backoff.multipliedBy(BACKOFF_FACTOR))));
    }
    if (Boolean.TRUE.equals(asked.retryRemoteLocalities())) {
      policy.setRetryPriority(
          RetryPolicy.RetryPriority.newBuilder()
              .setName("envoy.retry_priorities.previous_priorities")
              .setTypedConfig(
                  Protos.any(PreviousPrioritiesConfig.newBuilder().setUpdateFrequency(2).build())));
    }
    return policy.build();
  }

  private static RetryPolicy.Builder base(int attempts, String on, boolean otherHosts) {
    RetryPolicy.Builder policy =
        RetryPolicy.newBuilder().setNumRetries(Protos.number(attempts)).setRetryOn(on);
    if (otherHosts) {
      policy
          .addRetryHostPredicate(
              RetryPolicy.RetryHostPredicate.newBuilder()
                  .setName("envoy.retry_host_predicates.previous_hosts")
                  .setTypedConfig(Protos.any(PreviousHostsPredicate.getDefaultInstance())))
          .setHostSelectionRetryMaxAttempts(HOST_TRIES);
    }
    return policy;
  }

  // numbers in retryOn are status codes; Envoy takes them in a list of their own
  private static void conditions(RetryPolicy.Builder policy, String retryOn) {
    List<String> names = new ArrayList<>();
    for (String part : retryOn.split("\\s*,\\s*")) {
      if (part.matches("[1-5][0-9]{2}")) {
        policy.addRetriableStatusCodes(Integer.parseInt(part));
      } else if (!part.isEmpty()) {
        names.add(part);
      }
    }
    if (policy.getRetriableStatusCodesCount() > 0 && !names.contains("retriable-status-codes")) {
      names.add("retriable-status-codes");
    }
    policy.setRetryOn(String.join(",", names));
  }
}
