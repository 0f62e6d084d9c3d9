package io.selvage.engine.snapshot;

import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.StatementFacts;
import io.selvage.engine.match.SqlDialect;
import io.selvage.engine.match.SqlJudge;
import io.selvage.engine.match.SqlVerdict;
import io.selvage.engine.model.DatabasePolicy;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Facts of a statement with the policy that governs it, if any. Not thread-safe. */
public final class DatabaseFacts extends StatementFacts {
  /** Null = none. */
  public final @Nullable DatabasePolicy policy;

  /** A batch, of whose texts at most the first is known. */
  public final boolean batch;

  /** Whether the server that gets it is another than the application's URL names. */
  public final boolean ledElsewhere;

  /** What the bulkhead holds for it; opaque to others. */
  public @Nullable Object place;

  /** What its caller's limit holds for it; opaque to others. */
  public @Nullable Object callerPlace;

  private @Nullable SqlVerdict verdict;

  public DatabaseFacts(
      LayerFailures failures,
      String system,
      String database,
      String sql,
      @Nullable DatabasePolicy policy,
      boolean batch,
      boolean ledElsewhere) {
    super(failures, system, database, sql);
    this.policy = policy;
    this.batch = batch;
    this.ledElsewhere = ledElsewhere;
  }

  /** The facts of an exchange of the statement stack. */
  public static DatabaseFacts of(Exchange x) {
    return (DatabaseFacts) x.facts();
  }

  /** What the statement may do; judged once. A text that is not known may do anything. */
  public SqlVerdict verdict() {
    SqlVerdict known = verdict;
    if (known == null) {
      known = judged();
      verdict = known;
    }
    return known;
  }

  private SqlVerdict judged() {
    Set<String> functions = policy == null ? Set.of() : policy.statements().readingFunctions();
    if (sql.isBlank()) {
      return new SqlVerdict(
          SqlVerdict.Effect.WRITE, batch ? "BATCH" : "", List.of(), "its text is not known");
    }
    return SqlJudge.judge(sql, SqlDialect.of(system), functions);
  }

  /** Who sent the request that the statement serves; empty = nobody that is known. */
  public String caller() {
    return context.caller() == null ? "" : context.caller();
  }
}
