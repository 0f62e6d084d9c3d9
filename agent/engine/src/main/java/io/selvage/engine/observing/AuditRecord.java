package io.selvage.engine.observing;

import java.util.List;

/**
 * What one caller did with one kind of statement in one interval; no literal of any statement.
 *
 * @param policy {@code namespace/name} of the DatabasePolicy
 * @param server {@code system://host:port} that ran it
 * @param caller SPIFFE id of who sent the request that it served; empty = nobody
 * @param digest text without literals; {@code others} when there are too many kinds
 * @param effect {@code READ}, {@code SESSION} or {@code WRITE}
 * @param count statements since the last line of this kind
 * @param failed of them, refused ones included
 * @param rows that they changed, as far as drivers say
 * @param totalNanos time of all of them
 * @param maxNanos time of the slowest
 * @param suppressed lines of this database that its rate of lines kept back since the last one
 */
public record AuditRecord(
    long epochNanos,
    String policy,
    String server,
    String database,
    String caller,
    String digest,
    String effect,
    List<String> tables,
    long count,
    long failed,
    long rows,
    long totalNanos,
    long maxNanos,
    long suppressed) {
  public AuditRecord {
    tables = List.copyOf(tables);
  }
}
