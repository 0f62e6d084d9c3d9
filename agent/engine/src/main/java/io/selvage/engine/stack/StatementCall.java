package io.selvage.engine.stack;

/**
 * A statement that the application sends to a database.
 *
 * @param system OpenTelemetry's {@code db.system.name}: {@code postgresql}, {@code h2database}, …
 * @param address host of the server that gets it; empty for embedded databases
 * @param port 0 = none
 * @param sql as the application wrote it; literals are removed before it is recorded
 * @param askedAddress host that the application's URL names, by which policies go: another one when
 *     the connection was led elsewhere
 * @param askedPort port that the application's URL names
 * @param batch whether a batch is run, whose further texts are not known
 */
public record StatementCall(
    String system,
    String address,
    int port,
    String database,
    String sql,
    String askedAddress,
    int askedPort,
    boolean batch) {
  /** A single statement to the server that the application's URL names. */
  public StatementCall(String system, String address, int port, String database, String sql) {
    this(system, address, port, database, sql, address, port, false);
  }
}
