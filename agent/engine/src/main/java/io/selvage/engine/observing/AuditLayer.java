package io.selvage.engine.observing;

import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Layer;
import io.selvage.engine.flow.Responded;
import io.selvage.engine.match.SqlVerdict;
import io.selvage.engine.model.DatabasePolicy;
import io.selvage.engine.snapshot.DatabaseFacts;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Records which caller did what in a database whose policy wants it: one line a kind of statement,
 * caller and interval, the first at once. Bounded in kinds and in lines a second.
 */
public final class AuditLayer extends Layer {
  private static final String OTHERS = "others";

  private final AuditSink sink;
  private final LongSupplier epochNanos;
  private final Map<String, AuditTable> tables = new ConcurrentHashMap<>();

  public AuditLayer(AuditSink sink, LongSupplier epochNanos) {
    this.sink = sink;
    this.epochNanos = epochNanos;
  }

  @Override
  protected void onEnd(Exchange x, End end) {
    DatabaseFacts facts = DatabaseFacts.of(x);
    DatabasePolicy policy = facts.policy;
    DatabasePolicy.Audit audit = policy == null ? null : policy.audit();
    if (policy == null || audit == null) {
      return;
    }
    AuditTable table = tables.computeIfAbsent(policy.name(), name -> new AuditTable(x.now()));
    SqlDigest digest = SqlDigest.of(facts.sql);
    String text = digest.text().isEmpty() && facts.batch ? "BATCH" : digest.text();
    boolean known = table.knows(facts.server(), facts.caller(), text, audit.maxDigests());
    AuditTable.Kind kind = table.of(facts.server(), facts.caller(), known ? text : OTHERS);
    AuditTable.Sums due =
        kind.add(
            x.now(),
            x.now() - x.startNanos(),
            !(x.outcome() instanceof Responded),
            facts.rows,
            audit.interval().toNanos());
    if (due != null) {
      write(table, facts, policy.name(), audit, known ? text : OTHERS, due, kind, x.now());
    }
  }

  private void write(
      AuditTable table,
      DatabaseFacts facts,
      String policy,
      DatabasePolicy.Audit audit,
      String text,
      AuditTable.Sums due,
      AuditTable.Kind kind,
      long now) {
    if (!table.mayWrite(now, audit.maxLinesPerSecond())) {
      kind.putBack(due);
      return;
    }
    @Nullable SqlVerdict verdict = text.equals(OTHERS) ? null : facts.verdict();
    sink.record(
        new AuditRecord(
            epochNanos.getAsLong(),
            policy,
            facts.server(),
            facts.database,
            facts.caller(),
            text,
            verdict == null ? "" : verdict.effect().name(),
            verdict == null ? java.util.List.of() : verdict.tables(),
            due.count(),
            due.failed(),
            due.rows(),
            due.totalNanos(),
            due.maxNanos(),
            table.takeSuppressed()));
  }
}
