package io.selvage.extension;

import io.selvage.engine.flow.Exchange;
import org.jspecify.annotations.Nullable;

/**
 * Decides statements that the application sends to databases: span, deadline, error and slow-call
 * breaker.
 */
public interface Statements {
  /**
   * An exchange for one statement; its attempt's remaining time is the statement's time-out; a
   * {@code Rejection} means that the breaker is open.
   *
   * @param system {@code postgresql}, {@code h2database}, … (OpenTelemetry {@code db.system.name})
   * @param address host and port of the server, as the URL says; empty for embedded ones
   * @param sql as the application wrote it; literals are removed before it is recorded
   */
  @Nullable Exchange statement(
      String system, String address, int port, String database, String sql);
}
