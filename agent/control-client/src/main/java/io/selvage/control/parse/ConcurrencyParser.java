package io.selvage.control.parse;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.extensions.filters.http.adaptive_concurrency.v3.AdaptiveConcurrency;
import io.envoyproxy.envoy.extensions.filters.http.adaptive_concurrency.v3.GradientControllerConfig;
import io.envoyproxy.envoy.extensions.filters.http.adaptive_concurrency.v3.GradientControllerConfig.MinimumRTTCalculationParams;
import io.envoyproxy.envoy.type.v3.Percent;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Concurrency that follows latency: Envoy's filter and our own section have the same defaults. */
final class ConcurrencyParser {
  static final String TYPE =
      "envoy.extensions.filters.http.adaptive_concurrency.v3.AdaptiveConcurrency";
  private static final Duration MILLI = Duration.ofMillis(1);
  private static final int MILLION = 1_000_000;
  private static final int UNAVAILABLE = 503;

  private ConcurrencyParser() {}

  /** The section of a policy; null = it has none. */
  static io.selvage.engine.model.@Nullable AdaptiveConcurrency section(Options policy) {
    String name = policy.text("policy");
    return policy.object("adaptiveConcurrency", o -> own(name, o));
  }

  private static io.selvage.engine.model.AdaptiveConcurrency own(String policy, Options o) {
    int most = o.integer("maxConcurrencyLimit", 1000, 1, MILLION);
    Duration update = o.duration("concurrencyUpdateInterval", Duration.ofMillis(100), MILLI);
    double percentile = o.fraction("sampleAggregatePercentile", 0.5);
    MinRtt rtt = o.object("minRtt", ConcurrencyParser::minRtt);
    MinRtt measured = rtt == null ? MinRtt.DEFAULT : rtt;
    if (measured.least() > most) {
      o.field().at("minRtt.minConcurrency").refuse("must not be more than maxConcurrencyLimit");
    }
    return measured.with(policy, percentile, most, update, UNAVAILABLE);
  }

  private record MinRtt(
      Duration interval,
      @Nullable Duration fixed,
      int requests,
      double jitter,
      int least,
      double buffer) {
    static final MinRtt DEFAULT = new MinRtt(Duration.ofSeconds(60), null, 50, 0.15, 3, 0.25);

    io.selvage.engine.model.AdaptiveConcurrency with(
        String policy, double percentile, int most, Duration update, int status) {
      return new io.selvage.engine.model.AdaptiveConcurrency(
          policy,
          percentile,
          most,
          update,
          interval,
          fixed,
          requests,
          jitter,
          least,
          buffer,
          status);
    }
  }

  private static MinRtt minRtt(Options o) {
    Duration fixed =
        o.has("fixedValue") ? o.duration("fixedValue", MILLI, Duration.ofNanos(1000)) : null;
    if (fixed != null && o.has("interval")) {
      o.field().at("fixedValue").refuse("not with interval: it is measured or fixed");
    }
    return new MinRtt(
        o.duration("interval", MinRtt.DEFAULT.interval(), MILLI),
        fixed,
        o.integer("requestCount", MinRtt.DEFAULT.requests(), 1, MILLION),
        o.fraction("jitter", MinRtt.DEFAULT.jitter()),
        o.integer("minConcurrency", MinRtt.DEFAULT.least(), 1, MILLION),
        o.fraction("buffer", MinRtt.DEFAULT.buffer()));
  }

  /** Envoy's filter; null = it lets everything pass. */
  static io.selvage.engine.model.@Nullable AdaptiveConcurrency filter(Any any, Field f) {
    AdaptiveConcurrency filter = f.unpack(any, TYPE, AdaptiveConcurrency.parser());
    if (filter == null) {
      return null;
    }
    f.nothingUnknown(filter);
    if (!filter.hasGradientControllerConfig()) {
      f.at("gradient_controller_config").refuse("must be there: no other controller is known");
      return null;
    }
    Field at = f.at("gradient_controller_config");
    io.selvage.engine.model.AdaptiveConcurrency parsed = gradient(filter, at);
    boolean enabled =
        !filter.hasEnabled()
            || !filter.getEnabled().hasDefaultValue()
            || filter.getEnabled().getDefaultValue().getValue();
    return enabled ? parsed : null;
  }

  private static io.selvage.engine.model.AdaptiveConcurrency gradient(
      AdaptiveConcurrency filter, Field f) {
    GradientControllerConfig gradient = filter.getGradientControllerConfig();
    var limit = gradient.getConcurrencyLimitParams();
    Field interval = f.at("concurrency_limit_params.concurrency_update_interval");
    Duration update = Values.duration(limit.getConcurrencyUpdateInterval(), interval);
    if (update.compareTo(MILLI) < 0) {
      interval.refuse("must be at least 1 ms; found " + update);
      update = MILLI;
    }
    int most =
        count(
            limit.hasMaxConcurrencyLimit(),
            limit.getMaxConcurrencyLimit().getValue(),
            1000,
            f.at("concurrency_limit_params.max_concurrency_limit"));
    MinRtt rtt = minRtt(gradient.getMinRttCalcParams(), f.at("min_rtt_calc_params"));
    int status = filter.getConcurrencyLimitExceededStatus().getCodeValue();
    return rtt.with(
        "",
        percent(
            gradient.hasSampleAggregatePercentile(),
            gradient.getSampleAggregatePercentile(),
            0.5,
            f.at("sample_aggregate_percentile")),
        most,
        update,
        status < 400 ? UNAVAILABLE : status);
  }

  private static MinRtt minRtt(MinimumRTTCalculationParams p, Field f) {
    Duration interval =
        p.hasInterval() ? Values.duration(p.getInterval(), f.at("interval")) : Duration.ZERO;
    Duration fixed =
        p.hasFixedValue() ? Values.duration(p.getFixedValue(), f.at("fixed_value")) : null;
    if (p.hasInterval() && interval.compareTo(MILLI) < 0) {
      f.at("interval").refuse("must be at least 1 ms; found " + interval);
    }
    if (fixed != null && fixed.isZero()) {
      f.at("fixed_value").refuse("must be more than 0");
    }
    if (interval.isZero() && fixed == null) {
      f.refuse("neither interval nor fixed_value: the ideal time is not known");
    }
    return new MinRtt(
        interval,
        interval.isZero() ? fixed : null,
        count(
            p.hasRequestCount(),
            p.getRequestCount().getValue(),
            MinRtt.DEFAULT.requests(),
            f.at("request_count")),
        percent(p.hasJitter(), p.getJitter(), MinRtt.DEFAULT.jitter(), f.at("jitter")),
        count(
            p.hasMinConcurrency(),
            p.getMinConcurrency().getValue(),
            MinRtt.DEFAULT.least(),
            f.at("min_concurrency")),
        percent(p.hasBuffer(), p.getBuffer(), MinRtt.DEFAULT.buffer(), f.at("buffer")));
  }

  private static int count(boolean there, int written, int absent, Field f) {
    if (!there) {
      return absent;
    }
    if (written == 0) {
      f.refuse("must be at least 1; found 0");
    }
    return written < 0 ? Integer.MAX_VALUE : written;
  }

  private static double percent(boolean there, Percent percent, double absent, Field f) {
    double value = percent.getValue();
    if (there && !(value >= 0 && value <= 100)) {
      f.refuse("must be 0 to 100; found " + value);
    }
    return there ? value / 100 : absent;
  }
}
