package io.selvage.engine.security;

import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Layer;
import io.selvage.engine.flow.Peer;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.match.StringTest;
import io.selvage.engine.snapshot.CompiledChain;
import io.selvage.engine.snapshot.MeshFacts;
import io.selvage.engine.snapshot.PlaintextCallers;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Asks per request whether its connection may still carry it, so that a switch to STRICT reaches
 * connections that are open already. Plaintext, or TLS without a known identity, on a port where
 * only mutual TLS may speak is refused and its connection closed; the flag is {@code NR}, as no
 * filter chain takes it. Fails closed.
 */
public final class TransportPolicyLayer extends Layer {
  private static final Rejection PLAINTEXT =
      refusal("SELV-4010", "plaintext on a port that takes mutual TLS only");
  private static final Rejection NO_CHAIN =
      refusal("SELV-4013", "TLS on a port that takes plaintext only");
  private static final Rejection NO_IDENTITY =
      refusal("SELV-4011", "no client certificate of the mesh");
  private static final Rejection WRONG_IDENTITY =
      refusal("SELV-4012", "the client's identity is not among the accepted ones");

  private final PlaintextCallers callers;
  private final LongSupplier epochNanos;

  /**
   * @param callers told of requests that come in without an identity
   * @param epochNanos nanoseconds since 1970
   */
  public TransportPolicyLayer(PlaintextCallers callers, LongSupplier epochNanos) {
    this.callers = callers;
    this.epochNanos = epochNanos;
  }

  private static Rejection refusal(String code, String detail) {
    return new Rejection(
        403, 7, "NR", code, "RBAC: access denied", detail, java.util.Map.of("connection", "close"));
  }

  @Override
  protected @Nullable Action onRequest(Exchange x) {
    MeshFacts facts = MeshFacts.of(x);
    Peer peer = facts.peer;
    if (peer == null) {
      return PASS;
    }
    if (facts.snapshot.inbound().chains(peer.localPort()).isEmpty()) {
      return PASS; // nothing is said of the port: whoever guards it goes by its default
    }
    Rejection refusal = refused(facts.compiledChain, peer);
    if (refusal != null) {
      facts.closeConnection = true;
    } else {
      facts.chain = facts.compiledChain == null ? null : facts.compiledChain.chain();
    }
    return refusal;
  }

  private static @Nullable Rejection refused(@Nullable CompiledChain chain, Peer peer) {
    if (chain == null) {
      return peer.tls() ? NO_CHAIN : PLAINTEXT;
    }
    if (!peer.tls() || !chain.requiresIdentity()) {
      return null;
    }
    if (peer.principal() == null) {
      return NO_IDENTITY;
    }
    boolean accepted = chain.peers().isEmpty() || StringTest.any(chain.peers(), peer.principal());
    return accepted ? null : WRONG_IDENTITY;
  }

  @Override
  protected void onEnd(Exchange x, End end) {
    MeshFacts facts = MeshFacts.of(x);
    Peer peer = facts.peer;
    CompiledChain chain = facts.compiledChain;
    if (facts.explaining || peer == null || chain == null || peer.principal() != null) {
      return;
    }
    // a path that is exempt stays open in STRICT
    if (!chain.chain().exempt() && (!peer.tls() || !chain.requiresIdentity())) {
      callers.count(
          peer.localPort(),
          peer.address(),
          peer.tls(),
          TimeUnit.NANOSECONDS.toMillis(epochNanos.getAsLong()));
    }
  }

  @Override
  public boolean failsClosed() {
    return true;
  }
}
