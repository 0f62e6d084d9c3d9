package io.selvage.engine.routing;

import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Layer;
import io.selvage.engine.flow.Randomness;
import io.selvage.engine.model.RouteAction;
import io.selvage.engine.snapshot.CompiledRoute;
import io.selvage.engine.snapshot.MeshFacts;
import io.selvage.engine.snapshot.Split;
import org.jspecify.annotations.Nullable;

/** Chooses one of the weighted clusters, once per request: retries stay in it, as in Envoy. */
public final class SplitLayer extends Layer {
  private final Randomness random;

  public SplitLayer(Randomness random) {
    this.random = random;
  }

  @Override
  protected @Nullable Action onRequest(Exchange x) {
    MeshFacts facts = MeshFacts.of(x);
    CompiledRoute route = facts.compiledRoute;
    if (route == null || route.split() == null) {
      return PASS;
    }
    int share = choose(x, route.split(), route.forward());
    if (share >= 0) {
      facts.shareIndex = share;
      facts.share = route.split().shares().get(share);
    }
    return PASS;
  }

  private int choose(Exchange x, Split split, RouteAction.@Nullable Forward forward) {
    String name = forward == null ? null : forward.splitHeader();
    String number = name == null ? null : x.head().header(name);
    if (number != null) {
      try {
        return split.choose(Long.parseUnsignedLong(number.strip()));
      } catch (NumberFormatException none) {
        // as without the header
      }
    }
    return split.choose(random);
  }
}
