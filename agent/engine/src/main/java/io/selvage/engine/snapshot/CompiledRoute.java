package io.selvage.engine.snapshot;

import io.selvage.engine.match.RegexReplacement;
import io.selvage.engine.match.StringTest;
import io.selvage.engine.model.Route;
import io.selvage.engine.model.RouteAction;
import io.selvage.engine.model.RoutePolicy;
import io.selvage.engine.model.RoutingPriority;
import io.selvage.engine.model.VirtualHost;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A route with all that depends on configuration done.
 *
 * @param split null unless requests are forwarded
 * @param requestEdits by share of the split; one entry when there is no split
 * @param responseEdits as {@code requestEdits}
 * @param fault null = the listener's
 * @param retry null = none
 * @param timeoutNanos of the request from the router on; {@link Long#MAX_VALUE} = none
 * @param rewriter null = the path stays
 * @param authorityFromPath what makes the authority of the path; null = it stays
 * @param limiter null = the listener's
 * @param rateLimits how descriptors for it are made
 * @param corsOrigins compiled origins of the route's CORS rules; empty when it has none
 */
public record CompiledRoute(
    Route route,
    VirtualHost virtualHost,
    @Nullable Split split,
    HeaderEdits[] requestEdits,
    HeaderEdits[] responseEdits,
    @Nullable CompiledFault fault,
    @Nullable RetryRules retry,
    long timeoutNanos,
    @Nullable Rewriter rewriter,
    @Nullable RegexReplacement authorityFromPath,
    List<StringTest> corsOrigins,
    @Nullable LocalLimiter limiter,
    List<CompiledRule> rateLimits) {
  /** How the request is forwarded; null when it is answered or accepted. */
  public RouteAction.@Nullable Forward forward() {
    return route.action() instanceof RouteAction.Forward forward ? forward : null;
  }

  /** What it says beside timeout and retries. */
  public RoutePolicy policy() {
    RouteAction.Forward forward = forward();
    return forward == null ? RoutePolicy.NONE : forward.policy();
  }

  /** Which of the cluster's limits its requests count against. */
  public RoutingPriority priority() {
    return policy().priority();
  }

  /** For logs and explanations: the route's name, else its virtual host's. */
  public String label() {
    return route.name().isEmpty() ? virtualHost.name() : route.name();
  }
}
