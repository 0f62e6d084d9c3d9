package io.selvage.engine.observing;

import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Failed;
import io.selvage.engine.flow.Layer;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.flow.Randomness;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.flow.StatementFacts;
import io.selvage.engine.flow.TraceContext;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Span and duration of a statement, with its digest instead of its text. A statement outside of any
 * trace gets no span: nobody would find it.
 */
public final class StatementLayer extends Layer {
  private record Key(String server, String database, String operation, String error) {}

  private final SpanSink sink;
  private final SeriesTable series;
  private final Randomness random;
  private final LongSupplier epochNanos;

  public StatementLayer(
      SpanSink sink, SeriesTable series, Randomness random, LongSupplier epochNanos) {
    this.sink = sink;
    this.series = series;
    this.random = random;
    this.epochNanos = epochNanos;
  }

  @Override
  protected @Nullable Action onRequest(Exchange x) {
    StatementFacts facts = (StatementFacts) x.facts();
    TraceContext parent = facts.context.trace();
    if (parent != null && parent.sampled()) {
      facts.spanId = TraceIds.span(random);
    }
    return PASS;
  }

  @Override
  protected void onEnd(Exchange x, End end) {
    StatementFacts facts = (StatementFacts) x.facts();
    SqlDigest digest = SqlDigest.of(facts.sql);
    String error = error(x.outcome());
    Key key = new Key(facts.server(), facts.database, digest.operation(), error);
    series
        .of(Series.Kind.STATEMENT, key, () -> labels(facts, digest, error))
        .add(x.now() - x.startNanos(), -1, -1);
    TraceContext parent = facts.context.trace();
    if (parent != null && !facts.spanId.isEmpty()) {
      sink.ended(span(x, facts, parent, digest, error));
    }
  }

  private SpanRecord span(
      Exchange x, StatementFacts facts, TraceContext parent, SqlDigest digest, String error) {
    Map<String, Object> attributes = new LinkedHashMap<>();
    attributes.put("db.system.name", facts.system);
    put(attributes, "db.namespace", facts.database);
    put(attributes, "db.query.text", digest.text());
    put(attributes, "db.operation.name", digest.operation());
    put(attributes, "db.collection.name", digest.collection());
    put(attributes, "server.address", facts.host);
    if (facts.port > 0) {
      attributes.put("server.port", (long) facts.port);
    }
    put(attributes, "error.type", error);
    String target = digest.collection().isEmpty() ? facts.database : digest.collection();
    long now = epochNanos.getAsLong();
    return new SpanRecord(
        parent.traceId(),
        facts.spanId,
        parent.spanId(),
        parent.traceState(),
        SpanRecord.Kind.CLIENT,
        target.isEmpty() ? digest.operation() : digest.operation() + " " + target,
        now - (x.now() - x.startNanos()),
        now,
        !error.isEmpty(),
        x.outcome() instanceof Rejection r ? r.body() : error,
        attributes);
  }

  private static Map<String, String> labels(StatementFacts facts, SqlDigest digest, String error) {
    Map<String, String> labels = new LinkedHashMap<>();
    labels.put("db_system_name", facts.system);
    labels.put("db_namespace", facts.database);
    labels.put("db_operation_name", digest.operation());
    labels.put("server_address", facts.host);
    labels.put("server_port", facts.port > 0 ? Integer.toString(facts.port) : "");
    labels.put("error_type", error);
    return labels;
  }

  private static void put(Map<String, Object> attributes, String name, String value) {
    if (!value.isEmpty()) {
      attributes.put(name, value);
    }
  }

  private static String error(@Nullable Outcome outcome) {
    if (outcome instanceof Rejection rejection) {
      return rejection.code();
    }
    if (outcome instanceof Failed failed) {
      return failed.cause() == null ? failed.kind().name() : failed.cause().getClass().getName();
    }
    return "";
  }
}
