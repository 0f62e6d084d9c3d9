package io.selvage.engine.resilience;

import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.AttemptLayer;
import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Failed;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.flow.Protocol;
import io.selvage.engine.flow.Responded;
import io.selvage.engine.model.OutlierDetection;
import io.selvage.engine.snapshot.CompiledCluster;
import io.selvage.engine.snapshot.Host;
import io.selvage.engine.snapshot.MeshFacts;
import io.selvage.engine.snapshot.StatusCodes;
import org.jspecify.annotations.Nullable;

/**
 * Takes endpoints out that fail again and again, and back in when their time is over. Source: Envoy
 * {@code Outlier::DetectorImpl}.
 *
 * <p>There is no timer: endpoints come back with the first request after the sweep that is due.
 * This layer therefore stands above the balancer.
 */
public final class OutlierLayer extends AttemptLayer {
  @Override
  protected @Nullable Outcome onAttempt(Exchange x, Attempt a) {
    CompiledCluster cluster = MeshFacts.of(x).compiledCluster;
    OutlierDetection detection = cluster == null ? null : cluster.cluster().outlierDetection();
    if (cluster != null && detection != null) {
      Ejections.sweep(cluster, detection, x.now());
    }
    return PASS;
  }

  @Override
  protected void onOutcome(Exchange x, Attempt a, Outcome outcome) {
    Host host = CompiledCluster.leased(a.lease());
    CompiledCluster cluster = MeshFacts.of(x).compiledCluster;
    if (host == null || cluster == null || cluster.cluster().outlierDetection() == null) {
      return;
    }
    OutlierDetection detection = cluster.cluster().outlierDetection();
    if (outcome instanceof Responded responded) {
      int status = responded.head().status();
      if (x.head().protocol() == Protocol.GRPC && status == 200) {
        int grpc = responded.head().grpcStatus();
        if (grpc < 0) {
          return; // known at the end only
        }
        status = StatusCodes.httpOf(grpc);
      }
      Ejections.answered(cluster, detection, host, status, x.now());
    } else if (outcome instanceof Failed failed) {
      failed(cluster, detection, host, failed.kind(), x.now());
    }
  }

  @Override
  protected void onEnd(Exchange x, Attempt a, End end) {
    if (end.grpcStatus() < 0
        || !(a.outcome() instanceof Responded responded)
        || responded.head().grpcStatus() >= 0
        || responded.head().status() != 200) {
      return;
    }
    Host host = CompiledCluster.leased(a.lease());
    CompiledCluster cluster = MeshFacts.of(x).compiledCluster;
    if (host != null && cluster != null && cluster.cluster().outlierDetection() != null) {
      Ejections.answered(
          cluster,
          cluster.cluster().outlierDetection(),
          host,
          StatusCodes.httpOf(end.grpcStatus()),
          x.now());
    }
  }

  private static void failed(
      CompiledCluster cluster, OutlierDetection detection, Host host, Failed.Kind kind, long now) {
    switch (kind) {
      case CONNECT, RESET, REFUSED, PEER_IDENTITY ->
          Ejections.localOrigin(cluster, detection, host, 503, now);
      case TIMEOUT, PER_TRY_TIMEOUT -> Ejections.localOrigin(cluster, detection, host, 504, now);
      case CANCELLED, LOCAL -> {
        // says nothing of the endpoint
      }
    }
  }
}
