package io.selvage.control.parse;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption;
import io.envoyproxy.envoy.config.route.v3.RateLimit;
import io.envoyproxy.envoy.extensions.common.ratelimit.v3.LocalRateLimitDescriptor;
import io.envoyproxy.envoy.extensions.common.ratelimit.v3.RateLimitDescriptor;
import io.envoyproxy.envoy.extensions.common.ratelimit.v3.VhRateLimitsOptions;
import io.envoyproxy.envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit;
import io.envoyproxy.envoy.type.v3.TokenBucket;
import io.selvage.engine.model.LocalRateLimit.Action;
import io.selvage.engine.model.LocalRateLimit.Bucket;
import io.selvage.engine.model.LocalRateLimit.Descriptor;
import io.selvage.engine.model.LocalRateLimit.Entry;
import io.selvage.engine.model.LocalRateLimit.Rule;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Local rate limits of listeners and routes, and the routes' rules by which they tell requests. */
final class RateLimitParser {
  static final String TYPE = "envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit";
  private static final Duration SHORTEST = Duration.ofMillis(50);
  private static final int TOO_MANY_REQUESTS = 429;

  private RateLimitParser() {}

  static io.selvage.engine.model.@Nullable LocalRateLimit parse(Any any, Field f) {
    LocalRateLimit limit = f.unpack(any, TYPE, LocalRateLimit.parser());
    return limit == null ? null : parse(limit, f);
  }

  private static io.selvage.engine.model.LocalRateLimit parse(LocalRateLimit limit, Field f) {
    f.unsupported(
        limit.getLocalRateLimitPerDownstreamConnection(),
        "local_rate_limit_per_downstream_connection");
    f.unsupported(limit.getEnableXRatelimitHeadersValue() != 0, "enable_x_ratelimit_headers");
    f.unsupported(limit.hasLocalClusterRateLimit(), "local_cluster_rate_limit");
    f.unsupported(limit.getRateLimitsCount() > 0, "rate_limits");
    f.unsupported(limit.getVhRateLimits() != VhRateLimitsOptions.OVERRIDE, "vh_rate_limits");
    int status = limit.getStatus().getCodeValue();
    Bucket bucket =
        limit.hasTokenBucket() ? bucket(limit.getTokenBucket(), f.at("token_bucket")) : null;
    return new io.selvage.engine.model.LocalRateLimit(
        bucket,
        limit.hasFilterEnabled()
            ? Values.fraction(
                limit.getFilterEnabled().getDefaultValue(), f.at("filter_enabled.default_value"))
            : 0,
        limit.hasFilterEnforced()
            ? Values.fraction(
                limit.getFilterEnforced().getDefaultValue(), f.at("filter_enforced.default_value"))
            : 0,
        status < 400 ? TOO_MANY_REQUESTS : status,
        limit.getRateLimitedAsResourceExhausted(),
        headers(limit.getRequestHeadersToAddWhenNotEnforcedList()),
        headers(limit.getResponseHeadersToAddList()),
        descriptors(limit, bucket, f),
        limit.getStage(),
        !limit.hasAlwaysConsumeDefaultTokenBucket()
            || limit.getAlwaysConsumeDefaultTokenBucket().getValue());
  }

  private static Bucket bucket(TokenBucket bucket, Field f) {
    long most = Integer.toUnsignedLong(bucket.getMaxTokens());
    long fill =
        bucket.hasTokensPerFill()
            ? Integer.toUnsignedLong(bucket.getTokensPerFill().getValue())
            : 1;
    Duration interval = Values.duration(bucket.getFillInterval(), f.at("fill_interval"));
    if (most < 1) {
      f.at("max_tokens").refuse("must be at least 1; found " + most);
    }
    if (fill < 1) {
      f.at("tokens_per_fill").refuse("must be at least 1; found " + fill);
    }
    if (interval.compareTo(SHORTEST) < 0) {
      f.at("fill_interval").refuse("must be at least 50 ms; found " + interval);
      interval = SHORTEST;
    }
    return new Bucket(Math.max(1, most), Math.max(1, fill), interval);
  }

  private static Map<String, String> headers(List<HeaderValueOption> options) {
    Map<String, String> headers = new LinkedHashMap<>();
    for (HeaderValueOption option : options) {
      headers.put(
          option.getHeader().getKey().toLowerCase(Locale.ROOT), option.getHeader().getValue());
    }
    return headers;
  }

  private static List<Descriptor> descriptors(
      LocalRateLimit limit, @Nullable Bucket standard, Field f) {
    List<Descriptor> found = new ArrayList<>();
    for (int i = 0; i < limit.getDescriptorsCount(); i++) {
      LocalRateLimitDescriptor one = limit.getDescriptors(i);
      Field at = f.at("descriptors", i);
      Bucket bucket = bucket(one.getTokenBucket(), at.at("token_bucket"));
      if (standard != null && !isMultiple(bucket.interval(), standard.interval())) {
        at.at("token_bucket.fill_interval")
            .refuse("must be a multiple of the filter's token_bucket.fill_interval");
      }
      List<Entry> entries = new ArrayList<>();
      for (RateLimitDescriptor.Entry entry : one.getEntriesList()) {
        if (entry.getValue().isEmpty()) {
          at.at("entries").warn("an entry without value is not supported, left out");
        }
        entries.add(new Entry(entry.getKey(), entry.getValue()));
      }
      found.add(new Descriptor(entries, bucket));
    }
    return found;
  }

  private static boolean isMultiple(Duration interval, Duration of) {
    return interval.toNanos() % of.toNanos() == 0;
  }

  /** A route's rules; one with an action that is not known makes no descriptor and is left out. */
  static List<Rule> rules(List<RateLimit> limits, Field f) {
    List<Rule> rules = new ArrayList<>();
    for (int i = 0; i < limits.size(); i++) {
      RateLimit limit = limits.get(i);
      Field at = f.at("rate_limits", i);
      at.unsupported(limit.hasLimit(), "limit");
      List<Action> actions = new ArrayList<>();
      boolean whole = true;
      for (int j = 0; j < limit.getActionsCount(); j++) {
        Action action = action(limit.getActions(j), at.at("actions", j));
        whole &= action != null;
        if (action != null) {
          actions.add(action);
        }
      }
      if (whole && !actions.isEmpty()) {
        rules.add(new Rule(limit.getStage().getValue(), actions));
      }
    }
    return rules;
  }

  private static @Nullable Action action(RateLimit.Action action, Field f) {
    return switch (action.getActionSpecifierCase()) {
      case REQUEST_HEADERS ->
          new io.selvage.engine.model.LocalRateLimit.RequestHeader(
              action.getRequestHeaders().getHeaderName().toLowerCase(Locale.ROOT),
              action.getRequestHeaders().getDescriptorKey(),
              action.getRequestHeaders().getSkipIfAbsent());
      case GENERIC_KEY ->
          new io.selvage.engine.model.LocalRateLimit.GenericKey(
              key(action.getGenericKey().getDescriptorKey(), "generic_key"),
              action.getGenericKey().getDescriptorValue());
      case HEADER_VALUE_MATCH ->
          new io.selvage.engine.model.LocalRateLimit.HeaderValueMatch(
              key(action.getHeaderValueMatch().getDescriptorKey(), "header_match"),
              action.getHeaderValueMatch().getDescriptorValue(),
              !action.getHeaderValueMatch().hasExpectMatch()
                  || action.getHeaderValueMatch().getExpectMatch().getValue(),
              Matchers.headers(
                  action.getHeaderValueMatch().getHeadersList(),
                  f.at("header_value_match"),
                  "headers"));
      case DESTINATION_CLUSTER -> new io.selvage.engine.model.LocalRateLimit.DestinationCluster();
      case REMOTE_ADDRESS -> new io.selvage.engine.model.LocalRateLimit.RemoteAddress();
      default -> {
        f.warn("not supported, its rate limit is left out: " + action.getActionSpecifierCase());
        yield null;
      }
    };
  }

  private static String key(String written, String otherwise) {
    return written.isEmpty() ? otherwise : written;
  }
}
