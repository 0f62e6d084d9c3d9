package io.selvage.engine.routing;

import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Layer;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.model.RouteAction;
import io.selvage.engine.snapshot.CompiledCluster;
import io.selvage.engine.snapshot.MeshFacts;
import org.jspecify.annotations.Nullable;

/** Finds the cluster; an unknown one is Envoy's {@code 503 NC}. */
public final class ClusterLayer extends Layer {
  private static final String PASSTHROUGH = "PassthroughCluster";
  private static final String BLACK_HOLE = "BlackHoleCluster";

  private static final Rejection NO_SHARE =
      Rejection.of(503, 14, "NC", "SELV-6003", "", "no share of the split has any weight");
  private static final Rejection BLOCKED =
      Rejection.of(502, 14, "BH", "SELV-6001", "", "only known services may be called");

  @Override
  protected @Nullable Action onRequest(Exchange x) {
    MeshFacts facts = MeshFacts.of(x);
    facts.routed = true;
    if (facts.passthrough) {
      return PASS;
    }
    if (facts.share == null) {
      return NO_SHARE;
    }
    String name = facts.share.cluster();
    if (BLACK_HOLE.equals(name)) {
      return BLOCKED;
    }
    CompiledCluster cluster = facts.snapshot.cluster(name);
    if (cluster == null && !PASSTHROUGH.equals(name)) {
      return unknown(facts, name);
    }
    if (cluster == null || cluster.isPassthrough()) {
      facts.passthrough = true;
    }
    if (cluster != null) {
      facts.compiledCluster = cluster;
      facts.cluster = cluster.cluster();
    }
    return PASS;
  }

  private static Rejection unknown(MeshFacts facts, String name) {
    RouteAction.Forward forward =
        facts.compiledRoute == null ? null : facts.compiledRoute.forward();
    int status = forward == null ? 503 : forward.unknownStatus();
    // as HTTP statuses become gRPC's
    int grpc = status == 404 ? 12 : status == 500 ? 2 : 14;
    return Rejection.of(status, grpc, "NC", "SELV-6003", "", "cluster " + name + " is not known");
  }
}
