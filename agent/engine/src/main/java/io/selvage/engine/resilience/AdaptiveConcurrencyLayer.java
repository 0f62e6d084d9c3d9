package io.selvage.engine.resilience;

import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Layer;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.flow.Randomness;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.flow.Responded;
import io.selvage.engine.model.AdaptiveConcurrency;
import io.selvage.engine.snapshot.CompiledCluster;
import io.selvage.engine.snapshot.ConcurrencyLimiter;
import io.selvage.engine.snapshot.MeshFacts;
import io.selvage.engine.snapshot.StatusCodes;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Refuses requests beyond what their latency shows to be good for the other side: {@code 503} with
 * {@code reached concurrency limit}. A request counts until its last byte; only whole answers tell
 * of latency, those that the mesh gave do not.
 *
 * <p>Up to two limits hold: that of the listener or chain (an Envoy filter), and that of the
 * destination (calling side) or of the workload (serving side). Source: Envoy {@code
 * AdaptiveConcurrencyFilter}.
 */
public final class AdaptiveConcurrencyLayer extends Layer {
  private final Randomness random;

  public AdaptiveConcurrencyLayer(Randomness random) {
    this.random = random;
  }

  /** What one request holds. */
  private static final class Places {
    private final @Nullable ConcurrencyLimiter filter;
    private final @Nullable ConcurrencyLimiter own;
    private final long entered;
    private boolean answered;

    Places(@Nullable ConcurrencyLimiter filter, @Nullable ConcurrencyLimiter own, long entered) {
      this.filter = filter;
      this.own = own;
      this.entered = entered;
    }

    void leave(long now, boolean complete, Randomness random) {
      leave(filter, now, complete && answered, random);
      leave(own, now, complete && answered, random);
    }

    private void leave(
        @Nullable ConcurrencyLimiter limiter, long now, boolean tells, Randomness random) {
      if (limiter == null) {
        return;
      }
      if (tells) {
        limiter.leave(entered, now, random);
      } else {
        limiter.forget();
      }
    }
  }

  @Override
  protected @Nullable Action onRequest(Exchange x) {
    MeshFacts facts = MeshFacts.of(x);
    ConcurrencyLimiter filter = filter(facts);
    ConcurrencyLimiter own = own(facts);
    if (filter == null && own == null) {
      return PASS;
    }
    if (facts.explaining) {
      return explained(facts, filter == null ? own : filter);
    }
    long now = x.now();
    if (filter != null && !filter.enter(now, random)) {
      return refusal(filter);
    }
    if (own != null && !own.enter(now, random)) {
      if (filter != null) {
        filter.forget();
      }
      return refusal(own);
    }
    facts.concurrency = new Places(filter, own, now);
    return PASS;
  }

  @Override
  protected void onOutcome(Exchange x, Outcome outcome) {
    if (MeshFacts.of(x).concurrency instanceof Places places) {
      places.answered = outcome instanceof Responded;
    }
  }

  @Override
  protected void onEnd(Exchange x, End end) {
    MeshFacts facts = MeshFacts.of(x);
    if (facts.concurrency instanceof Places places) {
      facts.concurrency = null;
      places.leave(x.now(), end.complete(), random);
    }
  }

  private static @Nullable ConcurrencyLimiter filter(MeshFacts facts) {
    if (facts.compiledListener != null) {
      return facts.compiledListener.limits().concurrency();
    }
    return facts.compiledChain == null ? null : facts.compiledChain.limits().concurrency();
  }

  private static @Nullable ConcurrencyLimiter own(MeshFacts facts) {
    if (facts.peer != null) {
      return facts.snapshot.inbound().limits().concurrency();
    }
    CompiledCluster cluster = facts.compiledCluster;
    return cluster == null ? null : cluster.concurrency();
  }

  private static @Nullable Action explained(MeshFacts facts, @Nullable ConcurrencyLimiter limiter) {
    if (limiter == null) {
      return PASS;
    }
    facts.note(
        limiter.underWay()
            + " of "
            + limiter.limit()
            + " requests that latency allows are under way");
    return limiter.underWay() >= limiter.limit() ? refusal(limiter) : PASS;
  }

  private static Rejection refusal(ConcurrencyLimiter limiter) {
    AdaptiveConcurrency config = limiter.config();
    boolean filter = config.policy().isEmpty();
    return new Rejection(
        config.status(),
        StatusCodes.grpcOf(config.status()),
        filter ? "-" : "UO",
        "SELV-6044",
        "reached concurrency limit",
        "SELV-6044 "
            + (filter ? "adaptive_concurrency" : "ResiliencePolicy " + config.policy())
            + " adaptiveConcurrency: all "
            + limiter.limit()
            + " requests that latency allows are under way",
        Map.of());
  }
}
