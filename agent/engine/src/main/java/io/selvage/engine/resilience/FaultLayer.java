package io.selvage.engine.resilience;

import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Layer;
import io.selvage.engine.flow.Randomness;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.flow.Wait;
import io.selvage.engine.snapshot.CompiledFault;
import io.selvage.engine.snapshot.CompiledListener;
import io.selvage.engine.snapshot.CompiledRoute;
import io.selvage.engine.snapshot.MeshFacts;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Delays first, then aborts, as Envoy does; a route's fault replaces its listener's (or chain's).
 * Faults under way are counted for all of them together until their requests end.
 */
public final class FaultLayer extends Layer {
  private final Randomness random;
  private final AtomicInteger active = new AtomicInteger();

  public FaultLayer(Randomness random) {
    this.random = random;
  }

  @Override
  protected @Nullable Action onRequest(Exchange x) {
    MeshFacts facts = MeshFacts.of(x);
    CompiledFault fault = fault(facts);
    if (fault == null) {
      return PASS;
    }
    if (x.resumed()) {
      return aborted(x, facts, fault);
    }
    String cluster = facts.share == null ? null : facts.share.cluster();
    if (active.get() >= fault.maxActive() || !fault.concerns(x.head(), cluster)) {
      return PASS;
    }
    if (facts.explaining) {
      return explained(x, facts, fault);
    }
    long delay = fault.delayNanos(x.head());
    if (delay > 0 && random.hits(fault.delayFraction(x.head()))) {
      facts.flag("DI");
      count(facts);
      return new Wait(x.now() + delay, null);
    }
    return aborted(x, facts, fault);
  }

  private @Nullable Action aborted(Exchange x, MeshFacts facts, CompiledFault fault) {
    Rejection rejection = fault.rejection(x.head());
    if (rejection == null || !random.hits(fault.abortFraction(x.head()))) {
      return PASS;
    }
    count(facts);
    return rejection;
  }

  /** Several faults of one request are one. */
  private void count(MeshFacts facts) {
    if (!facts.faulted) {
      facts.faulted = true;
      active.incrementAndGet();
    }
  }

  private void discount(MeshFacts facts) {
    if (facts.faulted) {
      facts.faulted = false;
      active.decrementAndGet();
    }
  }

  @Override
  protected void onEnd(Exchange x, End end) {
    discount(MeshFacts.of(x));
  }

  @Override
  protected void onGivenUp(Exchange x) {
    discount(MeshFacts.of(x));
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

  private static @Nullable Action explained(Exchange x, MeshFacts facts, CompiledFault fault) {
    long delay = fault.delayNanos(x.head());
    double delayed = fault.delayFraction(x.head());
    if (delay > 0 && delayed > 0) {
      facts.note("delays " + delayed + " by " + java.time.Duration.ofNanos(delay));
    }
    Rejection rejection = fault.rejection(x.head());
    if (rejection == null) {
      return PASS;
    }
    double aborted = fault.abortFraction(x.head());
    facts.note("aborts " + aborted + " with " + rejection.httpStatus());
    return aborted >= 1.0 ? rejection : PASS;
  }
}
