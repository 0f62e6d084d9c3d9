package io.selvage.engine.resilience;

import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Layer;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.flow.Randomness;
import io.selvage.engine.flow.Responded;
import io.selvage.engine.snapshot.CompiledRoute;
import io.selvage.engine.snapshot.LocalLimiter;
import io.selvage.engine.snapshot.MeshFacts;
import io.selvage.engine.snapshot.TokenBucket;
import org.jspecify.annotations.Nullable;

/**
 * Requests beyond the local rate limit are refused with {@code 429 RL}. The filter must be on the
 * listener (or chain); a route's own configuration then replaces the listener's. Source: Envoy
 * {@code LocalRateLimitFilter}. Responses say what is left where filter or policy wants it
 * (draft-ietf-httpapi-ratelimit-headers-03).
 */
public final class LocalRateLimitLayer extends Layer {
  private final Randomness random;

  public LocalRateLimitLayer(Randomness random) {
    this.random = random;
  }

  @Override
  protected @Nullable Action onRequest(Exchange x) {
    MeshFacts facts = MeshFacts.of(x);
    LocalLimiter filter =
        facts.compiledListener != null
            ? facts.compiledListener.limits().rate()
            : facts.compiledChain == null ? null : facts.compiledChain.limits().rate();
    if (filter == null) {
      return PASS;
    }
    CompiledRoute route = facts.compiledRoute;
    LocalLimiter limiter = route != null && route.limiter() != null ? route.limiter() : filter;
    if (facts.explaining) {
      facts.note("local rate limit " + limiter.config().bucket());
      return PASS;
    }
    if (!random.hits(limiter.config().enabled()) || limiter.allows(x, route)) {
      return PASS;
    }
    if (random.hits(limiter.config().enforced())) {
      return limiter.rejection(x);
    }
    limiter.config().requestHeaders().forEach((name, value) -> x.head().setHeader(name, value));
    return PASS;
  }

  @Override
  protected void onOutcome(Exchange x, Outcome outcome) {
    TokenBucket bucket = MeshFacts.of(x).bucket;
    if (bucket != null && outcome instanceof Responded responded) {
      bucket.headers(x.now()).forEach(responded.head()::setHeader);
    }
  }
}
