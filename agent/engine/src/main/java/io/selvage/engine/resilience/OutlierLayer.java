package io.selvage.engine.resilience;

import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.AttemptLayer;
import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Failed;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.flow.Protocol;
import io.selvage.engine.flow.Randomness;
import io.selvage.engine.flow.Responded;
import io.selvage.engine.flow.ResponseHead;
import io.selvage.engine.model.OutlierDetection;
import io.selvage.engine.snapshot.CompiledCluster;
import io.selvage.engine.snapshot.ErrorTest;
import io.selvage.engine.snapshot.Host;
import io.selvage.engine.snapshot.MeshFacts;
import io.selvage.engine.snapshot.StatusCodes;
import org.jspecify.annotations.Nullable;

/**
 * Takes endpoints out that fail again and again, or more than others, and back in when their time
 * is over. Source: Envoy {@code Outlier::DetectorImpl} and {@code Router::Filter}.
 *
 * <p>There is no timer: endpoints come back with the first request after the sweep that is due.
 * This layer therefore stands above the balancer.
 */
public final class OutlierLayer extends AttemptLayer {
  private final Ejections ejections;
  private final Sweeps sweeps;

  public OutlierLayer(Randomness random) {
    ejections = new Ejections(random);
    sweeps = new Sweeps(ejections);
  }

  @Override
  protected @Nullable Outcome onAttempt(Exchange x, Attempt a) {
    CompiledCluster cluster = cluster(x);
    OutlierDetection detection = cluster == null ? null : cluster.cluster().outlierDetection();
    if (cluster != null && detection != null) {
      sweeps.run(cluster, detection, x.now());
    }
    return PASS;
  }

  @Override
  protected void onOutcome(Exchange x, Attempt a, Outcome outcome) {
    Host host = CompiledCluster.leased(a.lease());
    CompiledCluster cluster = cluster(x);
    OutlierDetection detection = cluster == null ? null : cluster.cluster().outlierDetection();
    if (host == null || cluster == null || detection == null) {
      return;
    }
    if (outcome instanceof Responded responded) {
      if (detection.splitLocalOrigin()) {
        ejections.reached(host);
      }
      int status = status(x, cluster, responded.head());
      if (status > 0) {
        answered(cluster, detection, host, status, x.now());
      }
    } else if (outcome instanceof Failed failed) {
      failed(cluster, detection, host, failed.kind(), a.wasRequestSent(), x.now());
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
    CompiledCluster cluster = cluster(x);
    if (host != null
        && cluster != null
        && cluster.errorTest() == null
        && cluster.cluster().outlierDetection() != null) {
      answered(
          cluster,
          cluster.cluster().outlierDetection(),
          host,
          StatusCodes.httpOf(end.grpcStatus()),
          x.now());
    }
  }

  /** What an answer counts as; 0 = known at the end only. */
  private static int status(Exchange x, CompiledCluster cluster, ResponseHead head) {
    int status = head.status();
    ErrorTest errors = cluster.errorTest();
    if (errors != null) {
      // Envoy: the matcher has the last word, the status says only what kind of error it is
      return errors.isError(head) ? Math.max(500, status) : status < 500 ? status : 200;
    }
    if (x.head().protocol() == Protocol.GRPC && status == 200) {
      return head.grpcStatus() < 0 ? 0 : StatusCodes.httpOf(head.grpcStatus());
    }
    return status;
  }

  private void answered(
      CompiledCluster cluster, OutlierDetection detection, Host host, int status, long now) {
    ejections.answered(cluster, detection, host, status, now);
    if (detection.splitLocalOrigin() && status < 500) {
      ejections.reached(host); // once more than for connecting, as Envoy counts
    }
  }

  private void failed(
      CompiledCluster cluster,
      OutlierDetection detection,
      Host host,
      Failed.Kind kind,
      boolean sent,
      long now) {
    boolean timeout = kind == Failed.Kind.TIMEOUT || kind == Failed.Kind.PER_TRY_TIMEOUT;
    if (kind == Failed.Kind.CANCELLED || kind == Failed.Kind.LOCAL) {
      return; // says nothing of the endpoint
    }
    if (!detection.splitLocalOrigin()) {
      ejections.answered(cluster, detection, host, timeout ? 504 : 503, now);
      return;
    }
    boolean connected =
        kind == Failed.Kind.RESET || kind == Failed.Kind.REFUSED || (timeout && sent);
    if (connected) {
      ejections.reached(host);
    }
    ejections.unreached(cluster, detection, host, now);
  }

  /** Health is seen to for all lanes of a cluster as one. */
  private static @Nullable CompiledCluster cluster(Exchange x) {
    CompiledCluster cluster = MeshFacts.of(x).compiledCluster;
    return cluster == null ? null : cluster.whole();
  }
}
