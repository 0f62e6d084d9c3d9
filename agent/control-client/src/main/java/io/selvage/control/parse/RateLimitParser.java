package io.selvage.control.parse;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption;
import io.envoyproxy.envoy.extensions.common.ratelimit.v3.LocalRateLimitDescriptor;
import io.envoyproxy.envoy.extensions.common.ratelimit.v3.RateLimitDescriptor;
import io.envoyproxy.envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit;
import io.envoyproxy.envoy.type.v3.TokenBucket;
import io.selvage.engine.model.LocalRateLimit.Bucket;
import io.selvage.engine.model.LocalRateLimit.Descriptor;
import io.selvage.engine.model.LocalRateLimit.Entry;
import io.selvage.engine.model.LocalRateLimit.HostRules;
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
  private static final int MOST_DYNAMIC = 20;

  private RateLimitParser() {}

  static io.selvage.engine.model.@Nullable LocalRateLimit parse(Any any, Field f) {
    LocalRateLimit limit = f.unpack(any, TYPE, LocalRateLimit.parser());
    return limit == null ? null : parse(limit, f);
  }

  private static io.selvage.engine.model.LocalRateLimit parse(LocalRateLimit limit, Field f) {
    // without these, more would be let through than is meant
    f.forbidden(
        limit.getLocalRateLimitPerDownstreamConnection(),
        "local_rate_limit_per_downstream_connection");
    f.forbidden(limit.hasLocalClusterRateLimit(), "local_cluster_rate_limit");
    f.nothingUnknown(limit);
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
            || limit.getAlwaysConsumeDefaultTokenBucket().getValue(),
        RateLimitRules.of(limit.getRateLimitsList(), false, f),
        hosts(limit, f.at("vh_rate_limits")),
        dynamic(limit, f.at("max_dynamic_descriptors")),
        tells(limit, f.at("enable_x_ratelimit_headers")));
  }

  private static HostRules hosts(LocalRateLimit limit, Field f) {
    return switch (limit.getVhRateLimits()) {
      case OVERRIDE -> HostRules.OVERRIDE;
      case INCLUDE -> HostRules.INCLUDE;
      case IGNORE -> HostRules.IGNORE;
      case UNRECOGNIZED -> {
        f.refuse("unknown: " + limit.getVhRateLimitsValue());
        yield HostRules.INCLUDE;
      }
    };
  }

  private static int dynamic(LocalRateLimit limit, Field f) {
    if (!limit.hasMaxDynamicDescriptors()) {
      return MOST_DYNAMIC;
    }
    int most = limit.getMaxDynamicDescriptors().getValue();
    if (most == 0) {
      f.refuse("must be at least 1; found 0");
    }
    return most < 0 ? Integer.MAX_VALUE : Math.max(1, most);
  }

  private static boolean tells(LocalRateLimit limit, Field f) {
    return switch (limit.getEnableXRatelimitHeaders()) {
      case OFF -> false;
      case DRAFT_VERSION_03 -> true;
      case UNRECOGNIZED -> {
        f.refuse("unknown: " + limit.getEnableXRatelimitHeadersValue());
        yield false;
      }
    };
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
        entries.add(new Entry(entry.getKey(), entry.getValue()));
      }
      Descriptor made = new Descriptor(entries, bucket);
      if (found.stream().anyMatch(d -> d.entries().equals(entries))) {
        at.at("entries").refuse("are there twice");
      }
      found.add(made);
    }
    return found;
  }

  private static boolean isMultiple(Duration interval, Duration of) {
    return interval.toNanos() % of.toNanos() == 0;
  }
}
