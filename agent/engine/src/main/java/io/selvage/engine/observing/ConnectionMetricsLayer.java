package io.selvage.engine.observing;

import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Layer;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.flow.Protocol;
import io.selvage.engine.flow.Responded;
import io.selvage.engine.model.Cluster;
import io.selvage.engine.model.Endpoint;
import io.selvage.engine.snapshot.MeshFacts;
import org.jspecify.annotations.Nullable;

/** Counts connections that are opened and closed, and their bytes ({@code istio_tcp_*}). */
public final class ConnectionMetricsLayer extends Layer {
  private record Key(
      @Nullable String cluster,
      Endpoint.@Nullable Workload workload,
      String flags,
      boolean mutual) {}

  private final SeriesTable series;
  private final IstioLabels labels;

  public ConnectionMetricsLayer(SeriesTable series, IstioLabels labels) {
    this.series = series;
    this.labels = labels;
  }

  @Override
  protected void onOutcome(Exchange x, Outcome outcome) {
    if (outcome instanceof Responded && isOurs(MeshFacts.of(x))) {
      seriesOf(x, End.COMPLETE).addOpened();
    }
  }

  @Override
  protected void onEnd(Exchange x, End end) {
    if (isOurs(MeshFacts.of(x))) {
      seriesOf(x, end.complete() ? end : End.COMPLETE)
          .add(x.now() - x.startNanos(), end.requestBytes(), end.responseBytes());
    }
  }

  /** Connections to what the mesh does not know are the application's own affair. */
  private static boolean isOurs(MeshFacts facts) {
    return !facts.explaining && (!facts.passthrough || facts.cluster != null);
  }

  private Series seriesOf(Exchange x, End end) {
    MeshFacts facts = MeshFacts.of(x);
    Conclusion how = Conclusion.of(x, end);
    Cluster cluster = facts.cluster;
    Attempt attempt = x.currentAttempt();
    Endpoint endpoint = attempt == null ? null : attempt.endpoint();
    boolean mutual = attempt != null && attempt.tls() != null && attempt.tls().meshIdentity();
    Key key =
        new Key(
            cluster == null ? null : cluster.name(),
            endpoint == null ? null : endpoint.workload(),
            how.flags(),
            mutual);
    return series.of(
        Series.Kind.TCP,
        key,
        () -> labels.outbound(Protocol.TCP, facts.host, cluster, endpoint, how, mutual, attempt));
  }
}
