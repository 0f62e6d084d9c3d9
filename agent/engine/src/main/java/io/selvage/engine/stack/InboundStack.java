package io.selvage.engine.stack;

import io.selvage.engine.flow.AttemptsLayer;
import io.selvage.engine.flow.Stack;
import io.selvage.engine.observing.AccessLogLayer;
import io.selvage.engine.observing.LearnPeerLayer;
import io.selvage.engine.observing.MetricsLayer;
import io.selvage.engine.observing.PolicyCountLayer;
import io.selvage.engine.observing.RequestIdLayer;
import io.selvage.engine.observing.TraceLayer;
import io.selvage.engine.resilience.AdaptiveConcurrencyLayer;
import io.selvage.engine.resilience.CallerDeadlineLayer;
import io.selvage.engine.resilience.CallerRateLayer;
import io.selvage.engine.resilience.CallerWorkLayer;
import io.selvage.engine.resilience.FaultLayer;
import io.selvage.engine.resilience.LocalRateLimitLayer;
import io.selvage.engine.resilience.ServerLimitLayer;
import io.selvage.engine.routing.CorsLayer;
import io.selvage.engine.routing.InboundRouteLayer;
import io.selvage.engine.routing.LaneEntryLayer;
import io.selvage.engine.security.ForeignHeadersLayer;
import io.selvage.engine.security.ForwardedIdentityLayer;
import io.selvage.engine.security.RbacLayer;
import io.selvage.engine.security.TokenLayer;
import io.selvage.engine.security.TransportPolicyLayer;

/**
 * Everything that happens to a request that came in, before and after the application has it. The
 * filter chain is found when the exchange is made, by port and transport of the connection.
 */
final class InboundStack {
  private InboundStack() {}

  static Stack of(Parts p) {
    return Stack.builder()
        .layer(new TraceLayer(true, p.spans(), p.random(), p.epochNanos())) // HCM tracing
        .layer(new RequestIdLayer(true, p.random()))
        .layer(new MetricsLayer(true, p.series(), p.labels())) //  counted at the end
        .layer(new AccessLogLayer(true, p.accessLog(), p.epochNanos(), p.self())) // HCM, at the end
        .layer(new PolicyCountLayer(p.series())) //                dry runs and audits, at the end
        .layer(new CallerWorkLayer()) //                           a repetition? still wanted?
        .layer(new LaneEntryLayer(p.random())) //                  the lane that it is in
        .layer(new CallerDeadlineLayer()) //                       what is left of its time   UT
        .layer(
            new TransportPolicyLayer(
                p.plaintext(),
                p.epochNanos())) //                      STRICT, PERMISSIVE; fails closed
        .layer(new LearnPeerLayer()) //                            who calls, for metrics
        .layer(new ForeignHeadersLayer(p.gateways())) //           x-envoy-*; fails closed
        .layer(new ForwardedIdentityLayer(p.self())) //            x-forwarded-client-cert
        .layer(new InboundRouteLayer(p.random())) //               inline routes
        .layer(new CallerRateLayer()) //                           the workload's, by caller RL
        .layer(new LocalRateLimitLayer(p.random())) //             chain's and route's     RL
        .layer(
            new CorsLayer(
                p.random())) //                                 route's CORS; preflight answers
        .layer(new TokenLayer(p.tokens(), p.random())) //         end users' tokens; fails closed
        .layer(new RbacLayer()) //                                 authorization; fails closed
        .layer(new FaultLayer(p.random())) //                      chain's and route's     DI FI
        .layer(new ServerLimitLayer()) //                          inbound cluster        UO
        .layer(new AdaptiveConcurrencyLayer(p.random())) //        chain's, the workload's UO
        .attempts(AttemptsLayer.ONCE) //                           'send' = the application runs
        .build();
  }
}
