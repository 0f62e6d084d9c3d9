package io.selvage.engine.observing;

import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Layer;
import io.selvage.engine.flow.Peer;
import io.selvage.engine.model.Endpoint;
import io.selvage.engine.snapshot.MeshFacts;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Learns from the caller who it is, for metrics, and keeps that from the application. Believed only
 * over mutual TLS and for the namespace that the certificate names; never used to decide anything.
 */
public final class LearnPeerLayer extends Layer {
  private static final int LIMIT = 1_000;
  private final Map<String, Endpoint.Workload> known = new ConcurrentHashMap<>();

  @Override
  protected @Nullable Action onRequest(Exchange x) {
    MeshFacts facts = MeshFacts.of(x);
    if (facts.compiledChain == null) {
      return PASS;
    }
    String header = x.head().header(PeerMetadata.HEADER);
    if (header == null) {
      return PASS;
    }
    x.head().removeHeader(PeerMetadata.HEADER);
    x.head().removeHeader(PeerMetadata.ID_HEADER);
    Peer peer = facts.peer;
    if (peer != null && peer.principal() != null) {
      Endpoint.Workload said = said(header);
      if (said != null && peer.principal().contains("/ns/" + said.namespace() + "/")) {
        facts.sourceWorkload = said;
      }
    }
    return PASS;
  }

  private Endpoint.@Nullable Workload said(String header) {
    Endpoint.Workload cached = known.get(header);
    if (cached != null) {
      return cached;
    }
    Endpoint.Workload decoded = PeerMetadata.decode(header);
    if (decoded != null && known.size() < LIMIT) {
      known.put(header, decoded);
    }
    return decoded;
  }
}
