package io.selvage.engine.resilience;

import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Layer;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.model.DatabasePolicy;
import io.selvage.engine.snapshot.CallerLimits;
import io.selvage.engine.snapshot.DatabaseFacts;
import org.jspecify.annotations.Nullable;

/**
 * Limits what the requests of one caller may ask of a database through this JVM: statements at once
 * and statements a second. Each caller that an entry of the policy fits is counted by itself.
 */
public final class CallerLimitLayer extends Layer {
  private final StatementPlaces places;

  public CallerLimitLayer(StatementPlaces places) {
    this.places = places;
  }

  @Override
  protected @Nullable Action onRequest(Exchange x) {
    DatabaseFacts facts = DatabaseFacts.of(x);
    DatabasePolicy policy = facts.policy;
    DatabasePolicy.Caller limits = policy == null ? null : CallerLimits.of(policy, facts.caller());
    if (policy == null || limits == null) {
      return PASS;
    }
    String key = policy.name() + "|" + facts.caller();
    if (limits.perSecond() > 0
        && !places.rate(key, x.now()).take(x.now(), limits.perSecond(), limits.burst())) {
      return refused("SELV-6023", "more statements a second than", facts, policy);
    }
    if (limits.maxStatements() > 0) {
      Bulkhead.Place place = places.bulkhead(key).take(limits.maxStatements());
      if (place == null) {
        return refused("SELV-6024", "more statements at once than", facts, policy);
      }
      facts.callerPlace = place;
    }
    return PASS;
  }

  @Override
  protected void onEnd(Exchange x, End end) {
    DatabaseFacts facts = DatabaseFacts.of(x);
    if (facts.callerPlace instanceof Bulkhead.Place place) {
      facts.callerPlace = null;
      place.leave();
    }
  }

  private static Rejection refused(
      String code, String what, DatabaseFacts facts, DatabasePolicy policy) {
    String caller = facts.caller().isEmpty() ? "work without a caller" : facts.caller();
    return Rejection.of(
        429,
        8,
        "RL",
        code,
        what + " the database's policy allows " + caller,
        "DatabasePolicy " + policy.name());
  }
}
