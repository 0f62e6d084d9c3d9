package io.selvage.engine.routing;

import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Layer;
import io.selvage.engine.flow.Randomness;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.snapshot.CompiledListener;
import io.selvage.engine.snapshot.MeshFacts;
import io.selvage.engine.snapshot.Split;
import org.jspecify.annotations.Nullable;

/**
 * Leaves to the library what no listener knows, or refuses it when only known services may be
 * called (Istio {@code outboundTrafficPolicy: REGISTRY_ONLY}); TCP listeners choose their cluster.
 */
public final class ListenerLayer extends Layer {
  /** As the answer of Istio's {@code block_all} virtual host. */
  private static final Rejection BLACK_HOLE =
      Rejection.of(502, 14, "BH", "SELV-6001", "", "no listener knows the destination");

  private final Randomness random;

  public ListenerLayer(Randomness random) {
    this.random = random;
  }

  @Override
  protected @Nullable Action onRequest(Exchange x) {
    MeshFacts facts = MeshFacts.of(x);
    CompiledListener listener = facts.compiledListener;
    if (listener == null) {
      if (facts.snapshot.config().registryOnly()) {
        return BLACK_HOLE;
      }
      facts.passthrough = true;
      return PASS;
    }
    facts.listener = listener.listener();
    Split split = listener.split(facts.host, facts.snapshot.outbound().addressesOf(facts.host));
    if (split != null) {
      int share = split.choose(random);
      facts.share = share < 0 ? null : split.shares().get(share);
    }
    return PASS;
  }
}
