package io.selvage.control.parse;

import io.envoyproxy.envoy.extensions.filters.http.fault.v3.HTTPFault;
import io.selvage.engine.model.Fault;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Injected faults. */
final class FaultParser {
  static final String TYPE = "envoy.extensions.filters.http.fault.v3.HTTPFault";

  private FaultParser() {}

  /** Null when it does nothing. */
  static @Nullable Fault parse(HTTPFault fault, Field f) {
    Duration delay = null;
    double delays = 0;
    if (fault.hasDelay()) {
      f.at("delay").unsupported(fault.getDelay().hasHeaderDelay(), "header_delay");
      if (fault.getDelay().hasFixedDelay()) {
        delay = Values.duration(fault.getDelay().getFixedDelay(), f.at("delay.fixed_delay"));
        delays = Values.fraction(fault.getDelay().getPercentage(), f.at("delay.percentage"));
      }
    }
    int http = 0;
    int grpc = -1;
    double aborts = 0;
    if (fault.hasAbort()) {
      Field at = f.at("abort");
      aborts = Values.fraction(fault.getAbort().getPercentage(), at.at("percentage"));
      switch (fault.getAbort().getErrorTypeCase()) {
        case HTTP_STATUS -> http = status(fault.getAbort().getHttpStatus(), at.at("http_status"));
        case GRPC_STATUS -> grpc = fault.getAbort().getGrpcStatus();
        default -> {
          at.warn("only a fixed status is supported, left out");
          aborts = 0;
        }
      }
    }
    f.unsupported(fault.hasResponseRateLimit(), "response_rate_limit");
    f.unsupported(!fault.getUpstreamCluster().isEmpty(), "upstream_cluster");
    f.unsupported(fault.getDownstreamNodesCount() > 0, "downstream_nodes");
    if (delay == null && http == 0 && grpc < 0) {
      return null;
    }
    return new Fault(
        delay, delays, http, grpc, aborts, Matchers.headers(fault.getHeadersList(), f, "headers"));
  }

  static int status(int status, Field f) {
    if (status < 200 || status > 599) {
      f.refuse("not an HTTP status: " + status);
    }
    return status;
  }
}
