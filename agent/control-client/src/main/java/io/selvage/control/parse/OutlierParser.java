package io.selvage.control.parse;

import com.google.protobuf.Any;
import com.google.protobuf.UInt32Value;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.common.matcher.v3.MatchPredicate;
import io.selvage.engine.model.OutlierDetection;
import io.selvage.engine.model.OutlierDetection.Enforcing;
import io.selvage.engine.model.OutlierDetection.ErrorMatch;
import io.selvage.engine.model.OutlierDetection.FailurePercentage;
import io.selvage.engine.model.OutlierDetection.SuccessRate;
import io.selvage.xds.newer.NewerHttpProtocolOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code outlier_detection} of a cluster, with the error matcher of its protocol options. */
final class OutlierParser {
  private static final String HTTP_OPTIONS =
      "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
  private static final int DEEPEST = 16;

  private OutlierParser() {}

  static @Nullable OutlierDetection parse(Cluster cluster, Field f) {
    if (!cluster.hasOutlierDetection()) {
      return null;
    }
    return outlier(cluster, f.at("outlier_detection"), errors(cluster, f));
  }

  private static OutlierDetection outlier(Cluster cluster, Field f, @Nullable ErrorMatch errors) {
    var o = cluster.getOutlierDetection();
    f.forbidden(o.getMonitorsCount() > 0, "monitors");
    f.unsupported(
        o.hasSuccessfulActiveHealthCheckUnejectHost(),
        "successful_active_health_check_uneject_host");
    Duration base =
        time(o.hasBaseEjectionTime(), o.getBaseEjectionTime(), 30, f.at("base_ejection_time"));
    long most = Math.max(300, base.toSeconds());
    Duration longest =
        time(o.hasMaxEjectionTime(), o.getMaxEjectionTime(), most, f.at("max_ejection_time"));
    if (longest.compareTo(base) < 0) {
      f.at("max_ejection_time").refuse("must not be less than base_ejection_time");
    }
    int percent =
        percent(
            o.hasMaxEjectionPercent(), o.getMaxEjectionPercent(), 10, f.at("max_ejection_percent"));
    return new OutlierDetection(
        Values.number(o.hasConsecutive5Xx(), o.getConsecutive5Xx(), 5),
        Values.number(o.hasConsecutiveGatewayFailure(), o.getConsecutiveGatewayFailure(), 5),
        Values.number(
            o.hasConsecutiveLocalOriginFailure(), o.getConsecutiveLocalOriginFailure(), 5),
        o.getSplitExternalLocalOriginErrors(),
        time(o.hasInterval(), o.getInterval(), 10, f.at("interval")),
        base,
        longest,
        percent / 100.0,
        cluster.getCommonLbConfig().getHealthyPanicThreshold().getValue() / 100,
        enforcing(o, f),
        new SuccessRate(
            Values.number(o.hasSuccessRateMinimumHosts(), o.getSuccessRateMinimumHosts(), 5),
            Values.number(o.hasSuccessRateRequestVolume(), o.getSuccessRateRequestVolume(), 100),
            Values.number(o.hasSuccessRateStdevFactor(), o.getSuccessRateStdevFactor(), 1900)
                / 1000.0),
        new FailurePercentage(
            percent(
                o.hasFailurePercentageThreshold(),
                o.getFailurePercentageThreshold(),
                85,
                f.at("failure_percentage_threshold")),
            Values.number(
                o.hasFailurePercentageMinimumHosts(), o.getFailurePercentageMinimumHosts(), 5),
            Values.number(
                o.hasFailurePercentageRequestVolume(), o.getFailurePercentageRequestVolume(), 50)),
        o.hasMaxEjectionTimeJitter()
            ? Values.duration(o.getMaxEjectionTimeJitter(), f.at("max_ejection_time_jitter"))
            : Duration.ZERO,
        o.getAlwaysEjectOneHost().getValue(),
        errors);
  }

  private static Enforcing enforcing(
      io.envoyproxy.envoy.config.cluster.v3.OutlierDetection o, Field f) {
    return new Enforcing(
        share(
            o.hasEnforcingConsecutive5Xx(),
            o.getEnforcingConsecutive5Xx(),
            100,
            f.at("enforcing_consecutive_5xx")),
        share(
            o.hasEnforcingConsecutiveGatewayFailure(),
            o.getEnforcingConsecutiveGatewayFailure(),
            0,
            f.at("enforcing_consecutive_gateway_failure")),
        share(
            o.hasEnforcingConsecutiveLocalOriginFailure(),
            o.getEnforcingConsecutiveLocalOriginFailure(),
            100,
            f.at("enforcing_consecutive_local_origin_failure")),
        share(
            o.hasEnforcingSuccessRate(),
            o.getEnforcingSuccessRate(),
            100,
            f.at("enforcing_success_rate")),
        share(
            o.hasEnforcingLocalOriginSuccessRate(),
            o.getEnforcingLocalOriginSuccessRate(),
            100,
            f.at("enforcing_local_origin_success_rate")),
        share(
            o.hasEnforcingFailurePercentage(),
            o.getEnforcingFailurePercentage(),
            0,
            f.at("enforcing_failure_percentage")),
        share(
            o.hasEnforcingFailurePercentageLocalOrigin(),
            o.getEnforcingFailurePercentageLocalOrigin(),
            0,
            f.at("enforcing_failure_percentage_local_origin")));
  }

  private static double share(boolean present, UInt32Value percent, int standard, Field f) {
    return percent(present, percent, standard, f) / 100.0;
  }

  private static int percent(boolean present, UInt32Value percent, int standard, Field f) {
    int value = Values.number(present, percent, standard);
    if (value > 100) {
      f.refuse("must be 0 to 100; found " + Integer.toUnsignedString(percent.getValue()));
    }
    return value;
  }

  private static Duration time(
      boolean present, com.google.protobuf.Duration asked, long standardSeconds, Field f) {
    if (!present) {
      return Duration.ofSeconds(standardSeconds);
    }
    Duration time = Values.duration(asked, f);
    if (time.isZero()) {
      f.refuse("must be greater than 0");
    }
    return time;
  }

  private static @Nullable ErrorMatch errors(Cluster cluster, Field f) {
    Any any = cluster.getTypedExtensionProtocolOptionsMap().get(HTTP_OPTIONS);
    if (any == null) {
      return null;
    }
    Field at = f.at("typed_extension_protocol_options", HTTP_OPTIONS);
    NewerHttpProtocolOptions options =
        at.unpack(any, HTTP_OPTIONS, NewerHttpProtocolOptions.parser());
    if (options == null || !options.getOutlierDetection().hasErrorMatcher()) {
      return null;
    }
    return match(
        options.getOutlierDetection().getErrorMatcher(),
        at.at("outlier_detection.error_matcher"),
        0);
  }

  private static ErrorMatch match(MatchPredicate predicate, Field f, int depth) {
    if (depth > DEEPEST) {
      f.refuse("nested deeper than " + DEEPEST);
      return new ErrorMatch.Always();
    }
    return switch (predicate.getRuleCase()) {
      case OR_MATCH ->
          new ErrorMatch.Any(
              all(predicate.getOrMatch().getRulesList(), f.at("or_match"), depth + 1));
      case AND_MATCH ->
          new ErrorMatch.All(
              all(predicate.getAndMatch().getRulesList(), f.at("and_match"), depth + 1));
      case NOT_MATCH ->
          new ErrorMatch.Not(match(predicate.getNotMatch(), f.at("not_match"), depth + 1));
      case ANY_MATCH -> new ErrorMatch.Always();
      case HTTP_RESPONSE_HEADERS_MATCH ->
          new ErrorMatch.Headers(
              Matchers.headers(
                  predicate.getHttpResponseHeadersMatch().getHeadersList(),
                  f.at("http_response_headers_match"),
                  "headers"));
      default -> {
        f.refuse("only headers of the response can be asked for; found " + predicate.getRuleCase());
        yield new ErrorMatch.Always();
      }
    };
  }

  private static List<ErrorMatch> all(List<MatchPredicate> rules, Field f, int depth) {
    List<ErrorMatch> found = new ArrayList<>();
    for (int i = 0; i < rules.size(); i++) {
      found.add(match(rules.get(i), f.at("rules", i), depth));
    }
    return found;
  }
}
