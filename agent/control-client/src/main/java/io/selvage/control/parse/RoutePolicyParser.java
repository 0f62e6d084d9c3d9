package io.selvage.control.parse;

import io.envoyproxy.envoy.config.route.v3.HedgePolicy;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.selvage.engine.model.RoutePolicy;
import io.selvage.engine.model.RoutingPriority;
import org.jspecify.annotations.Nullable;

/** Priority, hedging and stream durations of a route. */
final class RoutePolicyParser {
  private RoutePolicyParser() {}

  @SuppressWarnings("deprecation") // max_grpc_timeout is still what some controllers send
  static RoutePolicy parse(RouteAction action, VirtualHost host, Field f) {
    return new RoutePolicy(
        priority(action, f.at("priority")),
        hedge(action, host, f),
        action.hasMaxStreamDuration()
            ? duration(action.getMaxStreamDuration(), f.at("max_stream_duration"))
            : null,
        action.hasMaxGrpcTimeout()
            ? Values.duration(action.getMaxGrpcTimeout(), f.at("max_grpc_timeout"))
            : null,
        action.hasGrpcTimeoutOffset()
            ? Values.duration(action.getGrpcTimeoutOffset(), f.at("grpc_timeout_offset"))
            : null);
  }

  private static RoutingPriority priority(RouteAction action, Field f) {
    return switch (action.getPriority()) {
      case DEFAULT -> RoutingPriority.DEFAULT;
      case HIGH -> RoutingPriority.HIGH;
      case UNRECOGNIZED -> {
        f.refuse("unknown: " + action.getPriorityValue());
        yield RoutingPriority.DEFAULT;
      }
    };
  }

  /** The route's, else its virtual host's; they are not merged. */
  private static RoutePolicy.@Nullable HedgePolicy hedge(
      RouteAction action, VirtualHost host, Field f) {
    if (!action.hasHedgePolicy() && !host.hasHedgePolicy()) {
      return null;
    }
    HedgePolicy policy = action.hasHedgePolicy() ? action.getHedgePolicy() : host.getHedgePolicy();
    Field at = f.at("hedge_policy");
    if (policy.hasInitialRequests() && policy.getInitialRequests().getValue() == 0) {
      at.at("initial_requests").refuse("must be at least 1; found 0");
    }
    // Envoy has these two fields and does nothing by them
    at.unsupported(
        policy.hasInitialRequests() && policy.getInitialRequests().getValue() != 1,
        "initial_requests");
    at.unsupported(
        policy.getAdditionalRequestChance().getNumerator() != 0, "additional_request_chance");
    return new RoutePolicy.HedgePolicy(policy.getHedgeOnPerTryTimeout());
  }

  private static RoutePolicy.StreamDuration duration(
      RouteAction.MaxStreamDuration duration, Field f) {
    return new RoutePolicy.StreamDuration(
        duration.hasMaxStreamDuration()
            ? Values.duration(duration.getMaxStreamDuration(), f.at("max_stream_duration"))
            : null,
        duration.hasGrpcTimeoutHeaderMax()
            ? Values.duration(duration.getGrpcTimeoutHeaderMax(), f.at("grpc_timeout_header_max"))
            : null,
        duration.hasGrpcTimeoutHeaderOffset()
            ? Values.duration(
                duration.getGrpcTimeoutHeaderOffset(), f.at("grpc_timeout_header_offset"))
            : null);
  }
}
