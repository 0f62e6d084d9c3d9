package io.selvage.engine.stack;

/**
 * A statement that the application sends to a database.
 *
 * @param system OpenTelemetry's {@code db.system.name}: {@code postgresql}, {@code h2database}, …
 * @param address host of the server; empty for embedded databases
 * @param port 0 = none
 * @param sql as the application wrote it; literals are removed before it is recorded
 */
public record StatementCall(String system, String address, int port, String database, String sql) {}
