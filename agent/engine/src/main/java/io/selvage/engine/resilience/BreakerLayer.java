package io.selvage.engine.resilience;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.AttemptLayer;
import io.selvage.engine.flow.Clock;
import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.model.Resilience;
import io.selvage.engine.snapshot.ClusterState;
import io.selvage.engine.snapshot.CompiledCluster;
import io.selvage.engine.snapshot.MeshFacts;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Refuses attempts to a destination that failed or was slow too often: {@code 503 UO} at once,
 * until probes do well. Source: Resilience4j's CircuitBreaker, of which only the state machine is
 * used; every attempt is judged, as every attempt loads the destination.
 */
public final class BreakerLayer extends AttemptLayer {
  private final Clock clock;

  public BreakerLayer(Clock clock) {
    this.clock = clock;
  }

  /** One attempt's leave, and how long its answer took. */
  static final class Permit {
    final CircuitBreaker breaker;
    final Resilience.Breaker policy;
    private long tookNanos;

    Permit(CircuitBreaker breaker, Resilience.Breaker policy) {
      this.breaker = breaker;
      this.policy = policy;
    }

    /** True when the attempt is judged. */
    boolean judge(Exchange x, Attempt a, Outcome outcome) {
      tookNanos = Math.max(0, x.now() - a.startedNanos());
      return tell(Judgement.of(x, outcome, policy.counts()));
    }

    /** For what has not been judged by its headers. */
    void judge(End end) {
      tell(Judgement.of(end, policy.counts()));
    }

    private boolean tell(Judgement judgement) {
      switch (judgement) {
        case SUCCESS -> breaker.onSuccess(tookNanos, TimeUnit.NANOSECONDS);
        case FAILURE -> breaker.onError(tookNanos, TimeUnit.NANOSECONDS, Breakers.FAILURE);
        case NOTHING -> breaker.releasePermission();
        case LATER -> {
          return false;
        }
      }
      return true;
    }
  }

  /** The breaker of a cluster's policy that is not for each endpoint; null = none. */
  private static Resilience.@Nullable Breaker policy(@Nullable CompiledCluster cluster) {
    Resilience resilience = cluster == null ? null : cluster.cluster().resilience();
    Resilience.Breaker breaker = resilience == null ? null : resilience.breaker();
    return breaker == null || breaker.perEndpoint() ? null : breaker;
  }

  @Override
  protected @Nullable Outcome onAttempt(Exchange x, Attempt a) {
    MeshFacts facts = MeshFacts.of(x);
    CompiledCluster cluster = facts.compiledCluster;
    Resilience.Breaker policy = policy(cluster);
    if (cluster == null || policy == null) {
      return PASS;
    }
    CircuitBreaker breaker = breakers(cluster.state(), policy).of(x.head());
    if (facts.explaining) {
      facts.note("breaker '" + breaker.getName() + "' is " + breaker.getState());
      return breaker.getState() == CircuitBreaker.State.OPEN ? open(cluster, breaker) : PASS;
    }
    if (!breaker.tryAcquirePermission()) {
      cluster.state().overflows.increment();
      return open(cluster, breaker);
    }
    a.permit(new Permit(breaker, policy));
    return PASS;
  }

  @Override
  protected void onOutcome(Exchange x, Attempt a, Outcome outcome) {
    if (a.permit() instanceof Permit permit && permit.judge(x, a, outcome)) {
      a.permit(null);
    }
  }

  @Override
  protected void onEnd(Exchange x, Attempt a, End end) {
    if (a.permit() instanceof Permit permit) {
      a.permit(null);
      permit.judge(end);
    }
  }

  private Breakers breakers(ClusterState state, Resilience.Breaker policy) {
    Breakers kept = state.kept(Breakers.class);
    if (kept != null && kept.serve(policy)) {
      return kept;
    }
    return state.keep(Breakers.class, kept, new Breakers(policy, clock));
  }

  static Rejection open(CompiledCluster cluster, CircuitBreaker breaker) {
    Resilience resilience = cluster.cluster().resilience();
    return new Rejection(
        503,
        14,
        "UO",
        "SELV-6041",
        "the destination's breaker is open",
        "SELV-6041 ResiliencePolicy "
            + (resilience == null ? "" : resilience.policy())
            + " circuitBreaker: breaker '"
            + breaker.getName()
            + "' is "
            + breaker.getState(),
        Map.of("x-envoy-overloaded", "true"));
  }
}
