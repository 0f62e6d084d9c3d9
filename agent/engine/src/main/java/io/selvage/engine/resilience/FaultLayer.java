package io.selvage.engine.resilience;

import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Layer;
import io.selvage.engine.flow.Randomness;
import io.selvage.engine.snapshot.CompiledFault;
import io.selvage.engine.snapshot.CompiledListener;
import io.selvage.engine.snapshot.CompiledRoute;
import io.selvage.engine.snapshot.MeshFacts;
import org.jspecify.annotations.Nullable;

/**
 * Delays first, then aborts, as Envoy does; a route's fault replaces its listener's (or chain's).
 */
public final class FaultLayer extends Layer {
  private final Randomness random;

  public FaultLayer(Randomness random) {
    this.random = random;
  }

  @Override
  protected @Nullable Action onRequest(Exchange x) {
    MeshFacts facts = MeshFacts.of(x);
    CompiledFault fault = fault(facts);
    if (fault == null || !fault.concerns(x.head())) {
      return PASS;
    }
    if (facts.explaining) {
      return explained(facts, fault);
    }
    if (!x.resumed() && fault.delay() != null && random.hits(fault.delayFraction())) {
      facts.flag("DI");
      return x.waitFor(fault.delay());
    }
    return fault.rejection() != null && random.hits(fault.abortFraction())
        ? fault.rejection()
        : PASS;
  }

  private static @Nullable CompiledFault fault(MeshFacts facts) {
    CompiledRoute route = facts.compiledRoute;
    if (route != null && route.fault() != null) {
      return route.fault();
    }
    CompiledListener listener = facts.compiledListener;
    if (listener != null) {
      return listener.fault();
    }
    return facts.compiledChain == null ? null : facts.compiledChain.fault();
  }

  private static @Nullable Action explained(MeshFacts facts, CompiledFault fault) {
    if (fault.delay() != null && fault.delayFraction() > 0) {
      facts.note("delays " + fault.delayFraction() + " by " + fault.delay());
    }
    if (fault.rejection() == null) {
      return PASS;
    }
    facts.note("aborts " + fault.abortFraction() + " with " + fault.rejection().httpStatus());
    return fault.abortFraction() >= 1.0 ? fault.rejection() : PASS;
  }
}
