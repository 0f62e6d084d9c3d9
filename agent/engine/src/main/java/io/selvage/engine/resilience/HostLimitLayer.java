package io.selvage.engine.resilience;

import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.AttemptLayer;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.flow.Protocol;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.model.ConnectionLimits;
import io.selvage.engine.snapshot.CompiledCluster;
import io.selvage.engine.snapshot.Host;
import io.selvage.engine.snapshot.MeshFacts;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The limit of connections to one endpoint (Envoy {@code per_host_thresholds.max_connections}):
 * beyond it {@code 503 UO} at once. One connection is always allowed, as in Envoy.
 *
 * <p>An Envoy lets the request wait for a connection to the chosen host; here it fails at once, as
 * a lease that waits would keep the balancer from seeing how busy the host is.
 */
public final class HostLimitLayer extends AttemptLayer {
  private static final Rejection OVERFLOW =
      new Rejection(
          503,
          14,
          "UO",
          "SELV-6005",
          "upstream connect error or disconnect/reset before headers. reset reason: overflow",
          "the limit of connections to the endpoint is reached",
          Map.of("x-envoy-overloaded", "true"));

  private final boolean connections;

  private HostLimitLayer(boolean connections) {
    this.connections = connections;
  }

  /** Attempts are requests, many of which may share a connection over HTTP/2. */
  public static HostLimitLayer ofRequests() {
    return new HostLimitLayer(false);
  }

  /** Each attempt is a connection. */
  public static HostLimitLayer ofConnections() {
    return new HostLimitLayer(true);
  }

  @Override
  protected @Nullable Outcome onAttempt(Exchange x, Attempt a) {
    ConnectionLimits limits = a.connectionLimits();
    if (limits.maxConnectionsPerHost() == Integer.MAX_VALUE) {
      return PASS;
    }
    CompiledCluster cluster = MeshFacts.of(x).compiledCluster;
    Host host = CompiledCluster.leased(a.lease());
    if (cluster == null || host == null) {
      return PASS;
    }
    boolean multiplexed =
        !connections && (cluster.cluster().http2() || x.head().protocol() != Protocol.HTTP1);
    // the attempt itself is counted already
    if (host.state().inFlight() > most(limits, multiplexed)) {
      cluster.state().overflows.increment();
      return OVERFLOW;
    }
    return PASS;
  }

  private static long most(ConnectionLimits limits, boolean multiplexed) {
    long connections = Math.max(1, limits.maxConnectionsPerHost());
    if (!multiplexed) {
      return connections;
    }
    int streams = limits.maxConcurrentStreams();
    return streams <= 0 ? Long.MAX_VALUE : connections * streams;
  }
}
