package io.selvage.engine.resilience;

import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Layer;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.flow.Wait;
import io.selvage.engine.model.DatabasePolicy;
import io.selvage.engine.snapshot.DatabaseFacts;
import org.jspecify.annotations.Nullable;

/**
 * Bounds the statements that this JVM runs at once in a database; what is above waits for its turn
 * as long as the policy says, else is refused.
 */
public final class StatementBulkheadLayer extends Layer {
  private final StatementPlaces places;

  public StatementBulkheadLayer(StatementPlaces places) {
    this.places = places;
  }

  @Override
  protected @Nullable Action onRequest(Exchange x) {
    DatabaseFacts facts = DatabaseFacts.of(x);
    DatabasePolicy policy = facts.policy;
    DatabasePolicy.Bulkhead limits = policy == null ? null : policy.bulkhead();
    if (policy == null || limits == null) {
      return PASS;
    }
    if (x.resumed() && facts.place instanceof Bulkhead.Place turn) {
      return turn.isTaken() ? PASS : full(policy, limits);
    }
    Bulkhead.Place place =
        places
            .bulkhead(policy.name())
            .enter(limits.maxStatements(), limits.maxWait().isZero() ? 0 : Integer.MAX_VALUE);
    if (place != null) {
      facts.place = place;
      return place.isTaken() ? PASS : new Wait(x.now() + limits.maxWait().toNanos(), place.turn());
    }
    return full(policy, limits);
  }

  @Override
  protected void onEnd(Exchange x, End end) {
    leave(x);
  }

  @Override
  protected void onGivenUp(Exchange x) {
    leave(x);
  }

  private static void leave(Exchange x) {
    DatabaseFacts facts = DatabaseFacts.of(x);
    if (facts.place instanceof Bulkhead.Place place) {
      facts.place = null;
      place.leave();
    }
  }

  private static Rejection full(DatabasePolicy policy, DatabasePolicy.Bulkhead limits) {
    return Rejection.of(
        503,
        8,
        "UO",
        "SELV-6022",
        "too many statements to the database are under way",
        "DatabasePolicy "
            + policy.name()
            + " bulkhead: "
            + limits.maxStatements()
            + " at once, waiting "
            + limits.maxWait().toMillis()
            + " ms");
  }
}
