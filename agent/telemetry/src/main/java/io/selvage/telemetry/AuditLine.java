package io.selvage.telemetry;

import io.selvage.engine.observing.AuditRecord;
import java.time.Instant;

/**
 * One line of the audit of databases as JSON; told from access-log lines by {@code kind}. Names of
 * what OpenTelemetry names are OpenTelemetry's.
 */
final class AuditLine {
  private AuditLine() {}

  static String of(AuditRecord r) {
    return new Json()
        .put("kind", "database-audit")
        .put("time", Instant.ofEpochSecond(0, r.epochNanos()).toString())
        .put("policy", r.policy())
        .put("caller", r.caller())
        .put("server", r.server())
        .put("db_namespace", r.database())
        .put("effect", r.effect())
        .put("tables", String.join(",", r.tables()))
        .put("db_query_text", r.digest())
        .put("count", r.count())
        .put("failed", r.failed())
        .put("rows_changed", r.rows())
        .put("total_us", r.totalNanos() / 1_000)
        .put("max_us", r.maxNanos() / 1_000)
        .put("suppressed_lines", r.suppressed())
        .end();
  }
}
