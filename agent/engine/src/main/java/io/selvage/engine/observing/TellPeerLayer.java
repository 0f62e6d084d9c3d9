package io.selvage.engine.observing;

import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.AttemptLayer;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.model.Node;
import org.jspecify.annotations.Nullable;

/**
 * Tells the upstream who this workload is, for its metrics; only over mutual TLS of the mesh, so
 * that nobody else learns it.
 */
public final class TellPeerLayer extends AttemptLayer {
  private final String metadata;
  private final String id;

  public TellPeerLayer(Node node) {
    metadata = PeerMetadata.encode(node);
    id = node.id();
  }

  @Override
  protected @Nullable Outcome onAttempt(Exchange x, Attempt a) {
    if (a.tls() != null && a.tls().meshIdentity()) {
      x.head().setHeader(PeerMetadata.HEADER, metadata);
      x.head().setHeader(PeerMetadata.ID_HEADER, id);
    } else if (a.number() > 0 || x.head().header(PeerMetadata.HEADER) != null) {
      x.head().removeHeader(PeerMetadata.HEADER);
      x.head().removeHeader(PeerMetadata.ID_HEADER);
    }
    return PASS;
  }
}
