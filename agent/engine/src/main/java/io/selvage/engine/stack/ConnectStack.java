package io.selvage.engine.stack;

import io.selvage.engine.balancing.BalanceLayer;
import io.selvage.engine.balancing.UntriedLayer;
import io.selvage.engine.flow.AttemptsLayer;
import io.selvage.engine.flow.Stack;
import io.selvage.engine.observing.AccessLogLayer;
import io.selvage.engine.observing.ConnectionMetricsLayer;
import io.selvage.engine.resilience.ConnectTimeoutLayer;
import io.selvage.engine.resilience.ConnectionAdmissionLayer;
import io.selvage.engine.resilience.HostLimitLayer;
import io.selvage.engine.resilience.InheritedDeadlineLayer;
import io.selvage.engine.resilience.OutlierLayer;
import io.selvage.engine.routing.ClusterLayer;
import io.selvage.engine.routing.ConnectTargetLayer;
import io.selvage.engine.routing.LaneLayer;
import io.selvage.engine.routing.ListenerLayer;
import io.selvage.engine.security.PeerIdentityLayer;

/** Everything that happens to a connection whose requests are not seen (the connection floor). */
final class ConnectStack {
  private ConnectStack() {}

  static Stack of(Parts p) {
    return Stack.builder()
        .layer(new ConnectionMetricsLayer(p.series(), p.labels()))
        .layer(new AccessLogLayer(false, p.accessLog(), p.epochNanos(), p.self()))
        .layer(new InheritedDeadlineLayer()) //       caller's time           UT
        .layer(new ListenerLayer(p.random())) //      LDS by address and port BH
        .layer(new ConnectTargetLayer(p.random())) // RDS, for HTTP listeners NR
        .layer(new ClusterLayer()) //                 CDS                     NC
        .layer(new LaneLayer()) //                    EDS: endpoints of the lane
        .attempts(AttemptsLayer.ONCE)
        .attempt(new ConnectTimeoutLayer()) //        CDS connect timeout     UF
        .attempt(new ConnectionAdmissionLayer()) //   CDS connections         UO
        .attempt(new OutlierLayer(p.random())) //               CDS
        .attempt(new BalanceLayer(p.random())) //     EDS                     UH
        .attempt(new UntriedLayer(p.random())) //     EDS, after a failed try
        .attempt(HostLimitLayer.ofConnections()) //   CDS per host            UO
        .attempt(new PeerIdentityLayer()) //          CDS transport socket
        .build();
  }
}
