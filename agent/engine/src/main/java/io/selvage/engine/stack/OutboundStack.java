package io.selvage.engine.stack;

import io.selvage.engine.balancing.BalanceLayer;
import io.selvage.engine.balancing.SessionLayer;
import io.selvage.engine.flow.Stack;
import io.selvage.engine.observing.AccessLogLayer;
import io.selvage.engine.observing.MetricsLayer;
import io.selvage.engine.observing.RequestIdLayer;
import io.selvage.engine.observing.TellPeerLayer;
import io.selvage.engine.observing.TraceLayer;
import io.selvage.engine.resilience.AdaptiveConcurrencyLayer;
import io.selvage.engine.resilience.AdmissionLayer;
import io.selvage.engine.resilience.BreakerLayer;
import io.selvage.engine.resilience.BulkheadLayer;
import io.selvage.engine.resilience.ConnectionEndLayer;
import io.selvage.engine.resilience.ConnectionPlaceLayer;
import io.selvage.engine.resilience.EndpointBreakerLayer;
import io.selvage.engine.resilience.FaultLayer;
import io.selvage.engine.resilience.HedgePlaceLayer;
import io.selvage.engine.resilience.HostLimitLayer;
import io.selvage.engine.resilience.InheritedDeadlineLayer;
import io.selvage.engine.resilience.LocalRateLimitLayer;
import io.selvage.engine.resilience.OutlierLayer;
import io.selvage.engine.resilience.PerTryLayer;
import io.selvage.engine.resilience.RequestPolicyLayer;
import io.selvage.engine.resilience.RetryLayer;
import io.selvage.engine.resilience.StreamLimitsLayer;
import io.selvage.engine.resilience.TellWorkLayer;
import io.selvage.engine.resilience.WorkLayer;
import io.selvage.engine.routing.AnswerLayer;
import io.selvage.engine.routing.ClusterLayer;
import io.selvage.engine.routing.CorsLayer;
import io.selvage.engine.routing.HeadersLayer;
import io.selvage.engine.routing.HostNameLayer;
import io.selvage.engine.routing.LaneLayer;
import io.selvage.engine.routing.ListenerLayer;
import io.selvage.engine.routing.MirrorLayer;
import io.selvage.engine.routing.RouteLayer;
import io.selvage.engine.routing.SplitLayer;
import io.selvage.engine.routing.TellLaneLayer;
import io.selvage.engine.security.PeerIdentityLayer;

/** Everything that happens to an outgoing HTTP or gRPC request, in Envoy's order. */
final class OutboundStack {
  private OutboundStack() {}

  static Stack of(Parts p) {
    return Stack.builder()
        // once per request:                                         reads                 refuses
        .layer(new TraceLayer(false, p.spans(), p.random(), p.epochNanos())) // LDS tracing
        .layer(new RequestIdLayer(false, p.random()))
        .layer(new MetricsLayer(false, p.series(), p.labels())) //   counted at the end
        .layer(
            new AccessLogLayer(false, p.accessLog(), p.epochNanos(), p.self())) // LDS, at the end
        .layer(new InheritedDeadlineLayer()) //                      caller's time         UT
        .layer(new ListenerLayer(p.random())) //                     LDS by host and port  BH
        .layer(new RouteLayer(p.random())) //                        RDS                   NR
        .layer(new SplitLayer(p.random())) //                        weights; retries stay
        .layer(new StreamLimitsLayer()) //                           LDS, per route        SI
        .layer(new SessionLayer(p.epochNanos())) //                  LDS, per route
        .layer(new LocalRateLimitLayer(p.random())) //               LDS, per route        RL
        .layer(new FaultLayer(p.random())) //                        LDS, per route        DI FI
        .layer(new CorsLayer(p.random())) //                                   RDS: preflight, marks
        .layer(new AnswerLayer()) //                                 redirect, direct response
        .layer(new ClusterLayer()) //                                CDS                   NC
        .layer(new LaneLayer()) //                                   EDS: endpoints of the lane
        .layer(new HeadersLayer()) //                                RDS: edits, rewrite
        .layer(new MirrorLayer(shadow(p), p.clock(), p.random(), p.mirrorsDropped())) // RDS
        .layer(new RequestPolicyLayer()) //                           RDS, from here on     UT
        .layer(new BulkheadLayer()) //                               CDS resilience; waits UO
        .layer(new AdaptiveConcurrencyLayer(p.random())) //          LDS; CDS resilience   UO
        .layer(new ConnectionPlaceLayer()) //                        CDS circuit breakers; waits UO
        // as often as this one says
        .attempts(
            new RetryLayer(
                p.random(), p.epochNanos())) //                     RDS, CDS budget       URX
        // once per attempt
        .attempt(new PerTryLayer()) //                               RDS: per-try timeout  UT
        .attempt(new WorkLayer()) //                                 is it still wanted?   DC
        .attempt(new AdmissionLayer()) //                            CDS circuit breakers  UO
        .attempt(new HedgePlaceLayer()) //                           CDS circuit breakers  UO
        .attempt(new BreakerLayer(p.clock())) //                     CDS resilience        UO
        .attempt(new OutlierLayer(p.random())) //                    CDS; judges, returns
        .attempt(new EndpointBreakerLayer.Return())
        .attempt(new BalanceLayer(p.random())) //                    EDS; leases           UH
        .attempt(HostLimitLayer.ofRequests()) //                            CDS per_host          UO
        .attempt(new EndpointBreakerLayer(p.clock())) //             CDS resilience        UO
        .attempt(new ConnectionEndLayer())
        .attempt(new HostNameLayer()) //                             RDS: authority of the endpoint
        .attempt(new PeerIdentityLayer()) //                         CDS transport socket
        .attempt(new TellPeerLayer(p.node())) //                     who we are, over mutual TLS
        .attempt(new TellLaneLayer())
        .attempt(new TellWorkLayer()) //                             time left, repetition; likewise
        .build(); //                                                 the library sends     UF UC UR
  }

  /** A mirrored copy: sent once to its cluster, within the route's timeout, counted by nobody. */
  private static Stack shadow(Parts p) {
    return Stack.builder()
        .layer(new InheritedDeadlineLayer())
        .layer(new ClusterLayer())
        .layer(new LaneLayer())
        .layer(new RequestPolicyLayer())
        .attempts(new MirrorLayer.Once(p.mirrorsDropped()))
        .attempt(new PerTryLayer())
        .attempt(new AdmissionLayer())
        .attempt(new OutlierLayer(p.random()))
        .attempt(new BalanceLayer(p.random()))
        .attempt(HostLimitLayer.ofRequests())
        .attempt(new ConnectionEndLayer())
        .attempt(new PeerIdentityLayer())
        .build();
  }
}
