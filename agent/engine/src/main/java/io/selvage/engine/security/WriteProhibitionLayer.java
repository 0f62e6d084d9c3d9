package io.selvage.engine.security;

import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Layer;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.match.SqlVerdict;
import io.selvage.engine.model.DatabasePolicy;
import io.selvage.engine.snapshot.CallerLimits;
import io.selvage.engine.snapshot.DatabaseFacts;
import org.jspecify.annotations.Nullable;

/**
 * Refuses statements that may change data while the database's policy prohibits writes, for all or
 * for this caller. Fails closed; what is not understood is a write.
 */
public final class WriteProhibitionLayer extends Layer {
  @Override
  protected @Nullable Action onRequest(Exchange x) {
    DatabaseFacts facts = DatabaseFacts.of(x);
    DatabasePolicy policy = facts.policy;
    if (policy == null) {
      return PASS;
    }
    DatabasePolicy.Caller caller = CallerLimits.of(policy, facts.caller());
    boolean prohibited =
        policy.statements().writesProhibited() || (caller != null && caller.writesProhibited());
    if (!prohibited) {
      return PASS;
    }
    SqlVerdict verdict = facts.verdict();
    if (!verdict.writes() && !facts.batch) {
      return PASS;
    }
    String why = facts.batch && !verdict.writes() ? "a batch changes data" : verdict.reason();
    return Rejection.of(
        403,
        7,
        "UAEX",
        "SELV-6021",
        "writes to the database are prohibited: " + why,
        "DatabasePolicy " + policy.name());
  }

  @Override
  public boolean failsClosed() {
    return true;
  }
}
