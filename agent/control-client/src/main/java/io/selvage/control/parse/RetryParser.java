package io.selvage.control.parse;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.route.v3.RetryPolicy;
import io.envoyproxy.envoy.config.route.v3.RetryPolicy.RateLimitedRetryBackOff;
import io.envoyproxy.envoy.config.route.v3.RetryPolicy.ResetHeader;
import io.envoyproxy.envoy.extensions.retry.host.omit_host_metadata.v3.OmitHostMetadataConfig;
import io.envoyproxy.envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig;
import io.selvage.engine.model.RetryPolicy.Avoidance;
import io.selvage.engine.model.RetryPolicy.RateLimitedBackOff;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Retry policies. */
final class RetryParser {
  private static final String PREVIOUS_HOSTS = "envoy.retry_host_predicates.previous_hosts";
  private static final String OMIT_CANARIES = "envoy.retry_host_predicates.omit_canary_hosts";
  private static final String OMIT_METADATA = "envoy.retry_host_predicates.omit_host_metadata";
  private static final String PREVIOUS_PRIORITIES = "envoy.retry_priorities.previous_priorities";
  private static final String METADATA_TYPE =
      "envoy.extensions.retry.host.omit_host_metadata.v3.OmitHostMetadataConfig";
  private static final String PRIORITIES_TYPE =
      "envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig";
  private static final Duration BASE = Duration.ofMillis(25);
  private static final Duration LEAST = Duration.ofMillis(1);
  private static final Duration RESET_MOST = Duration.ofSeconds(300);
  private static final int GROWTH = 10;
  private static final int MOST_TRIES = 1_000;

  private RetryParser() {}

  static io.selvage.engine.model.RetryPolicy parse(RetryPolicy policy, Field f) {
    Set<String> on = new LinkedHashSet<>();
    Set<Integer> codes = new HashSet<>(policy.getRetriableStatusCodesList());
    for (String token : policy.getRetryOn().split(",")) {
      condition(token.strip(), on, codes);
    }
    f.unsupported(policy.getRetryOptionsPredicatesCount() > 0, "retry_options_predicates");
    Duration base = base(policy, f.at("retry_back_off"));
    return new io.selvage.engine.model.RetryPolicy(
        on,
        Values.number(policy.hasNumRetries(), policy.getNumRetries(), 1),
        policy.hasPerTryTimeout()
            ? positive(Values.duration(policy.getPerTryTimeout(), f.at("per_try_timeout")))
            : null,
        codes,
        Matchers.headers(policy.getRetriableHeadersList(), f, "retriable_headers"),
        base,
        most(policy, base, f.at("retry_back_off")),
        named(policy, PREVIOUS_HOSTS),
        tries(policy),
        false,
        policy.hasPerTryIdleTimeout()
            ? positive(Values.duration(policy.getPerTryIdleTimeout(), f.at("per_try_idle_timeout")))
            : null,
        Matchers.headers(policy.getRetriableRequestHeadersList(), f, "retriable_request_headers"),
        policy.hasRateLimitedRetryBackOff()
            ? rateLimited(policy.getRateLimitedRetryBackOff(), f.at("rate_limited_retry_back_off"))
            : null,
        avoidance(policy, f));
  }

  /** Istio writes codes among the tokens too. */
  private static void condition(String token, Set<String> on, Set<Integer> codes) {
    if (token.matches("\\d{3}")) {
      codes.add(Integer.parseInt(token));
      on.add("retriable-status-codes");
    } else if (!token.isEmpty()) {
      on.add(token);
    }
  }

  private static int tries(RetryPolicy policy) {
    return (int) Math.min(MOST_TRIES, Math.max(1, policy.getHostSelectionRetryMaxAttempts()));
  }

  private static Duration base(RetryPolicy policy, Field f) {
    if (!policy.hasRetryBackOff()) {
      return BASE;
    }
    Duration base =
        Values.duration(policy.getRetryBackOff().getBaseInterval(), f.at("base_interval"));
    if (base.isZero()) {
      f.at("base_interval").refuse("must be more than 0");
    }
    return base.compareTo(LEAST) < 0 ? LEAST : base;
  }

  private static Duration most(RetryPolicy policy, Duration base, Field f) {
    if (!policy.getRetryBackOff().hasMaxInterval()) {
      return base.multipliedBy(GROWTH);
    }
    Duration most =
        Values.duration(policy.getRetryBackOff().getMaxInterval(), f.at("max_interval"));
    if (most.compareTo(LEAST) >= 0 && most.compareTo(base) < 0) {
      f.at("max_interval").refuse("must not be less than base_interval; found " + most);
    }
    return most.compareTo(base) < 0 ? base : most;
  }

  private static RateLimitedBackOff rateLimited(RateLimitedRetryBackOff from, Field f) {
    List<io.selvage.engine.model.RetryPolicy.ResetHeader> headers = new ArrayList<>();
    if (from.getResetHeadersCount() == 0) {
      f.at("reset_headers").refuse("must not be empty");
    }
    for (int i = 0; i < from.getResetHeadersCount(); i++) {
      ResetHeader header = from.getResetHeaders(i);
      Field at = f.at("reset_headers", i);
      if (header.getName().isEmpty()) {
        at.at("name").refuse("must not be empty");
      }
      boolean timestamp =
          switch (header.getFormat()) {
            case SECONDS -> false;
            case UNIX_TIMESTAMP -> true;
            case UNRECOGNIZED -> {
              at.at("format").refuse("unknown: " + header.getFormatValue());
              yield false;
            }
          };
      headers.add(
          new io.selvage.engine.model.RetryPolicy.ResetHeader(
              header.getName().toLowerCase(Locale.ROOT), timestamp));
    }
    return new RateLimitedBackOff(
        headers,
        from.hasMaxInterval()
            ? Values.duration(from.getMaxInterval(), f.at("max_interval"))
            : RESET_MOST);
  }

  private static boolean named(RetryPolicy policy, String name) {
    return policy.getRetryHostPredicateList().stream().anyMatch(p -> p.getName().equals(name));
  }

  private static Avoidance avoidance(RetryPolicy policy, Field f) {
    Map<String, String> metadata = new HashMap<>();
    for (int i = 0; i < policy.getRetryHostPredicateCount(); i++) {
      var predicate = policy.getRetryHostPredicate(i);
      Field at = f.at("retry_host_predicate", i);
      switch (predicate.getName()) {
        case PREVIOUS_HOSTS, OMIT_CANARIES -> {}
        case OMIT_METADATA -> {
          OmitHostMetadataConfig config =
              at.at("typed_config")
                  .unpack(
                      predicate.getTypedConfig(), METADATA_TYPE, OmitHostMetadataConfig.parser());
          if (config != null) {
            metadata.putAll(labels(config));
          }
        }
        default -> at.at("name").refuse("unknown: " + predicate.getName());
      }
    }
    return new Avoidance(named(policy, OMIT_CANARIES), metadata, priorities(policy, f));
  }

  private static Map<String, String> labels(OmitHostMetadataConfig config) {
    Map<String, String> found = new HashMap<>();
    config
        .getMetadataMatch()
        .getFilterMetadataOrDefault("envoy.lb", Struct.getDefaultInstance())
        .getFieldsMap()
        .forEach((name, value) -> put(found, name, value));
    return found;
  }

  private static void put(Map<String, String> found, String name, Value value) {
    String text = Values.text(value);
    if (text != null) {
      found.put(name, text);
    }
  }

  private static int priorities(RetryPolicy policy, Field f) {
    if (!policy.hasRetryPriority()) {
      return 0;
    }
    Field at = f.at("retry_priority");
    if (!policy.getRetryPriority().getName().equals(PREVIOUS_PRIORITIES)) {
      at.at("name").refuse("unknown: " + policy.getRetryPriority().getName());
      return 0;
    }
    PreviousPrioritiesConfig config =
        at.at("typed_config")
            .unpack(
                policy.getRetryPriority().getTypedConfig(),
                PRIORITIES_TYPE,
                PreviousPrioritiesConfig.parser());
    if (config == null || config.getUpdateFrequency() < 1) {
      at.at("typed_config.update_frequency").refuse("must be at least 1");
      return 0;
    }
    return config.getUpdateFrequency();
  }

  /** Envoy: zero is the route's. */
  private static @Nullable Duration positive(Duration d) {
    return d.isZero() ? null : d;
  }
}
