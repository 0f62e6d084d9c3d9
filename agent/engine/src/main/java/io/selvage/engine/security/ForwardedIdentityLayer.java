package io.selvage.engine.security;

import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Layer;
import io.selvage.engine.flow.Peer;
import io.selvage.engine.flow.RequestHead;
import io.selvage.engine.snapshot.MeshFacts;
import org.jspecify.annotations.Nullable;

/**
 * Tells the application who calls by {@code x-forwarded-client-cert}, and takes away what a caller
 * wrote there itself (Envoy {@code SANITIZE_SET}); what a trusted gateway wrote stays in front of
 * it ({@code APPEND_FORWARD}). Stands before every policy. Fails closed.
 */
public final class ForwardedIdentityLayer extends Layer {
  private static final String HEADER = "x-forwarded-client-cert";
  private final String self;

  /**
   * @param self this workload's SPIFFE id
   */
  public ForwardedIdentityLayer(String self) {
    this.self = self;
  }

  @Override
  protected @Nullable Action onRequest(Exchange x) {
    MeshFacts facts = MeshFacts.of(x);
    Peer peer = facts.peer;
    RequestHead head = x.head();
    if (peer == null || facts.compiledChain == null) {
      return PASS; // the port is not the mesh's: the header may be the application's own
    }
    if (peer.principal() == null) {
      if (head.header(HEADER) != null) {
        head.removeHeader(HEADER);
      }
      return PASS;
    }
    String hash = peer.certificateHash() == null ? "" : ";Hash=" + peer.certificateHash();
    String before = facts.trustedGateway ? head.header(HEADER) : null;
    String own = "By=" + self + hash + ";Subject=\"\";URI=" + peer.principal();
    head.setHeader(HEADER, before == null ? own : before + "," + own);
    return PASS;
  }

  @Override
  public boolean failsClosed() {
    return true;
  }
}
