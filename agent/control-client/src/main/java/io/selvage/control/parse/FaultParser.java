package io.selvage.control.parse;

import io.envoyproxy.envoy.extensions.filters.http.fault.v3.FaultAbort;
import io.envoyproxy.envoy.extensions.filters.http.fault.v3.HTTPFault;
import io.envoyproxy.envoy.type.v3.FractionalPercent;
import io.selvage.engine.model.Fault;
import java.time.Duration;
import java.util.HashSet;
import org.jspecify.annotations.Nullable;

/** Injected faults. */
final class FaultParser {
  static final String TYPE = "envoy.extensions.filters.http.fault.v3.HTTPFault";

  private FaultParser() {}

  /** Null when it does nothing. */
  static @Nullable Fault parse(HTTPFault fault, Field f) {
    Duration delay = null;
    double delays = 0;
    int delayOf = 0;
    if (fault.hasDelay()) {
      Field at = f.at("delay");
      delays = Values.fraction(fault.getDelay().getPercentage(), at.at("percentage"));
      switch (fault.getDelay().getFaultDelaySecifierCase()) {
        case FIXED_DELAY -> {
          delay = Values.duration(fault.getDelay().getFixedDelay(), at.at("fixed_delay"));
          if (delay.isZero()) {
            at.at("fixed_delay").refuse("must be more than 0");
          }
        }
        case HEADER_DELAY -> delayOf = denominator(fault.getDelay().getPercentage());
        default -> at.refuse("neither fixed_delay nor header_delay");
      }
    }
    FaultAbort abort = fault.getAbort();
    int http = 0;
    int grpc = -1;
    int abortOf = 0;
    if (fault.hasAbort()) {
      Field at = f.at("abort");
      switch (abort.getErrorTypeCase()) {
        case HTTP_STATUS -> http = status(abort.getHttpStatus(), at.at("http_status"));
        case GRPC_STATUS -> grpc = abort.getGrpcStatus();
        case HEADER_ABORT -> abortOf = denominator(abort.getPercentage());
        default -> at.refuse("none of http_status, grpc_status and header_abort");
      }
    }
    double aborts =
        fault.hasAbort() ? Values.fraction(abort.getPercentage(), f.at("abort.percentage")) : 0;
    // the body streams through the library: there is nothing here that could slow it down
    f.unsupported(fault.hasResponseRateLimit(), "response_rate_limit");
    if (!fault.hasDelay() && !fault.hasAbort()) {
      return null;
    }
    Fault.Control control =
        new Fault.Control(
            delayOf,
            abortOf,
            Values.number(
                fault.hasMaxActiveFaults(), fault.getMaxActiveFaults(), Integer.MAX_VALUE),
            new HashSet<>(fault.getDownstreamNodesList()),
            fault.getUpstreamCluster());
    return new Fault(
        delay,
        delays,
        http,
        grpc,
        aborts,
        Matchers.headers(fault.getHeadersList(), f, "headers"),
        control);
  }

  private static int denominator(FractionalPercent percent) {
    return switch (percent.getDenominator()) {
      case TEN_THOUSAND -> 10_000;
      case MILLION -> 1_000_000;
      default -> 100;
    };
  }

  static int status(int status, Field f) {
    if (status < 200 || status > 599) {
      f.refuse("not an HTTP status: " + status);
    }
    return status;
  }
}
