package io.selvage.engine.observing;

import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Layer;
import io.selvage.engine.flow.Peer;
import io.selvage.engine.flow.RequestHead;
import io.selvage.engine.model.Endpoint;
import io.selvage.engine.model.StringMatch;
import io.selvage.engine.model.UpstreamTls;
import io.selvage.engine.model.WeightedCluster;
import io.selvage.engine.snapshot.MeshFacts;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Hands one record for each request to the access log, at its end. */
public final class AccessLogLayer extends Layer {
  private final boolean inbound;
  private final AccessLog log;
  private final LongSupplier epochNanos;
  private final String self;

  /**
   * @param self this workload's SPIFFE id
   */
  public AccessLogLayer(boolean inbound, AccessLog log, LongSupplier epochNanos, String self) {
    this.inbound = inbound;
    this.log = log;
    this.epochNanos = epochNanos;
    this.self = self;
  }

  @Override
  protected void onEnd(Exchange x, End end) {
    MeshFacts facts = MeshFacts.of(x);
    boolean ours = facts.compiledListener != null || facts.compiledChain != null || refused(facts);
    if (log != AccessLog.NONE && ours && !facts.explaining && facts.observability.accessLog()) {
      log.record(line(x, facts, end));
    }
  }

  /** A refusal is logged even where no listener or chain of the mesh is. */
  private static boolean refused(MeshFacts facts) {
    return !facts.decidedBy.isEmpty();
  }

  private AccessRecord line(Exchange x, MeshFacts facts, End end) {
    Conclusion conclusion = Conclusion.ended(x, facts, end);
    RequestHead head = x.head();
    long duration = x.now() - x.startNanos();
    Attempt attempt = x.currentAttempt();
    Endpoint endpoint = attempt == null ? null : attempt.endpoint();
    Peer peer = facts.peer;
    boolean mutual = inbound ? peer != null && peer.tls() : isMesh(attempt);
    return new AccessRecord(
        inbound,
        epochNanos.getAsLong() - duration,
        duration,
        head.method(),
        facts.originalPath,
        head.protocol(),
        facts.originalAuthority,
        conclusion.responseCode(),
        conclusion.grpcStatus(),
        conclusion.flags(),
        conclusion.detail(),
        facts.policy,
        facts.dryRun,
        facts.audited,
        end.requestBytes(),
        end.responseBytes(),
        head.header("x-forwarded-for"),
        head.header("user-agent"),
        facts.requestId,
        endpoint == null ? null : endpoint.address() + ":" + endpoint.port(),
        cluster(facts),
        peer == null ? null : peer.address() + ":" + peer.remotePort(),
        peer == null ? facts.port : peer.localPort(),
        serverName(peer, attempt),
        facts.compiledRoute == null ? "" : facts.compiledRoute.label(),
        principal(peer, attempt),
        mutual ? self : "",
        mutual,
        x.attempts(),
        facts.traceId,
        facts.context.lane() == null ? "" : facts.context.lane());
  }

  private static boolean isMesh(@Nullable Attempt attempt) {
    UpstreamTls tls = attempt == null ? null : attempt.tls();
    return tls != null && tls.meshIdentity();
  }

  private static String serverName(@Nullable Peer peer, @Nullable Attempt attempt) {
    if (peer != null) {
      return peer.serverName() == null ? "" : peer.serverName();
    }
    UpstreamTls tls = attempt == null ? null : attempt.tls();
    return tls == null || tls.sni() == null ? "" : tls.sni();
  }

  static String principal(@Nullable Peer peer, @Nullable Attempt attempt) {
    if (peer != null) {
      return peer.principal() == null ? "" : peer.principal();
    }
    UpstreamTls tls = attempt == null ? null : attempt.tls();
    if (tls == null || !tls.meshIdentity() || tls.peers().isEmpty()) {
      return "";
    }
    StringBuilder ids = new StringBuilder();
    for (StringMatch match : tls.peers()) {
      ids.append(ids.length() == 0 ? "" : ",")
          .append(match instanceof StringMatch.Exact e ? e.value() : match.toString());
    }
    return ids.toString();
  }

  /** As in Envoy the route's cluster, if there is one, also of requests that never got there. */
  private static String cluster(MeshFacts facts) {
    if (facts.cluster != null) {
      return facts.cluster.name();
    }
    WeightedCluster share = facts.share;
    return share != null && facts.snapshot.cluster(share.cluster()) != null ? share.cluster() : "";
  }
}
