package io.selvage.engine.observing;

import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Layer;
import io.selvage.engine.flow.Peer;
import io.selvage.engine.flow.Protocol;
import io.selvage.engine.model.Cluster;
import io.selvage.engine.model.Endpoint;
import io.selvage.engine.snapshot.MeshFacts;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Counts each request in the series of its labels, at its end. */
public final class MetricsLayer extends Layer {
  /** What stands for a label set; labels are built once per series. */
  private record Key(
      boolean inbound,
      @Nullable Object cluster,
      Endpoint.@Nullable Workload workload,
      @Nullable String peer,
      int code,
      int grpc,
      String flags,
      Protocol protocol,
      boolean mutual,
      @Nullable String lane) {}

  private final boolean inbound;
  private final SeriesTable series;
  private final IstioLabels labels;

  public MetricsLayer(boolean inbound, SeriesTable series, IstioLabels labels) {
    this.inbound = inbound;
    this.series = series;
    this.labels = labels;
  }

  @Override
  protected void onEnd(Exchange x, End end) {
    MeshFacts facts = MeshFacts.of(x);
    if (facts.explaining) {
      return;
    }
    Conclusion how = Conclusion.ended(x, facts, end);
    Cluster cluster = facts.cluster;
    Attempt attempt = x.currentAttempt();
    Endpoint endpoint = attempt == null ? null : attempt.endpoint();
    Peer peer = facts.peer;
    boolean mutual =
        inbound
            ? peer != null && peer.tls() && peer.principal() != null
            : attempt != null && attempt.tls() != null && attempt.tls().meshIdentity();
    Key key =
        new Key(
            inbound,
            cluster == null ? null : cluster.name(),
            inbound ? facts.sourceWorkload : endpoint == null ? null : endpoint.workload(),
            inbound ? (peer == null ? null : peer.principal()) : otherHost(facts),
            how.responseCode(),
            how.grpcStatus(),
            how.flags(),
            x.head().protocol(),
            mutual,
            facts.context.lane());
    Series found = series.find(key);
    if (found == null) {
      found =
          series.of(
              Series.Kind.HTTP,
              key,
              () ->
                  inLane(
                      facts.context.lane(),
                      inbound
                          ? labels.inbound(
                              x.head().protocol(), peer, facts.sourceWorkload, how, mutual)
                          : labels.outbound(
                              x.head().protocol(),
                              facts.passthrough ? "PassthroughCluster" : facts.host,
                              cluster,
                              endpoint,
                              how,
                              mutual,
                              attempt)));
    }
    found.add(x.now() - x.startNanos(), end.requestBytes(), end.responseBytes());
  }

  /** A label of our own, for requests in a lane only. */
  private static Map<String, String> inLane(@Nullable String lane, Map<String, String> labels) {
    if (lane != null) {
      labels.put("selvage_lane", lane);
    }
    return labels;
  }

  /** Destinations that are no cluster of the mesh share one series: hosts are without bound. */
  private static @Nullable String otherHost(MeshFacts facts) {
    return facts.cluster == null && !facts.passthrough ? facts.host : null;
  }
}
