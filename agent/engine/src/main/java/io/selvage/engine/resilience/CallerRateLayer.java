package io.selvage.engine.resilience;

import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Layer;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.model.CallerRates;
import io.selvage.engine.snapshot.CallerLimiter;
import io.selvage.engine.snapshot.MeshFacts;
import io.selvage.engine.snapshot.TokenBucket;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Requests of a caller beyond its rate are refused with {@code 429 RL}. It stands below the check
 * of the transport, so that a caller's identity is proven. {@link LocalRateLimitLayer} tells of it.
 * Responses say what is left where the policy or filter wants it
 * (draft-ietf-httpapi-ratelimit-headers-03, as Envoy), those of {@link LocalRateLimitLayer}
 * included.
 */
public final class CallerRateLayer extends Layer {
  @Override
  protected @Nullable Action onRequest(Exchange x) {
    MeshFacts facts = MeshFacts.of(x);
    CallerLimiter limiter = facts.snapshot.inbound().limits().callers();
    if (limiter == null) {
      return PASS;
    }
    if (facts.explaining) {
      facts.note("rate limit by caller of " + limiter.config().policy());
      return PASS;
    }
    long now = x.now();
    CallerLimiter.Verdict verdict = limiter.take(x.head(), facts.peer, now);
    TokenBucket bucket = verdict.bucket();
    boolean tells = limiter.config().tells() && bucket != null;
    if (verdict.allowed()) {
      if (tells) {
        facts.bucket = bucket;
      }
      return PASS;
    }
    return refusal(
        limiter.config(), verdict, tells && bucket != null ? bucket.headers(now) : Map.of());
  }

  private static Rejection refusal(
      CallerRates config, CallerLimiter.Verdict verdict, Map<String, String> headers) {
    String by = verdict.rule() == null ? "" : verdict.rule().by().name();
    return new Rejection(
        429,
        8,
        "RL",
        "SELV-6045",
        "rate limited",
        "SELV-6045 ResiliencePolicy "
            + config.policy()
            + " rateLimit: its rate by "
            + by
            + " is exceeded",
        headers);
  }
}
