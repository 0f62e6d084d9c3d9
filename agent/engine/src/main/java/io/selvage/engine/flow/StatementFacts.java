package io.selvage.engine.flow;

/** Facts of a statement to a database. */
public class StatementFacts extends Facts {
  /** OpenTelemetry's {@code db.system.name}. */
  public final String system;

  /** Name of the database; may be empty. */
  public final String database;

  /** The statement as the application wrote it; never recorded as it is. */
  public final String sql;

  /** How many rows it has changed, as far as the driver says; -1 = unknown. */
  public long rows = -1;

  /** The span of the statement; empty when nothing is traced. */
  public String spanId = "";

  public StatementFacts(LayerFailures failures, String system, String database, String sql) {
    super(failures);
    this.system = system;
    this.database = database;
    this.sql = sql;
  }

  /** What a breaker goes by: one server, whatever the database. */
  public String server() {
    return host.isEmpty() ? system : system + "://" + host + ":" + port;
  }
}
