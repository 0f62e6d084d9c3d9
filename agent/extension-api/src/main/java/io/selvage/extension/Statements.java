package io.selvage.extension;

import io.selvage.engine.flow.Exchange;
import io.selvage.engine.model.DatabasePolicy;
import io.selvage.engine.stack.StatementCall;
import org.jspecify.annotations.Nullable;

/**
 * Decides what the application asks of databases: span, deadline, prohibition, limits and breaker
 * of statements, and where connections go.
 */
public interface Statements {
  /**
   * An exchange for one statement; its attempt's remaining time is the statement's time-out; a
   * {@code Rejection} means that it must not run.
   *
   * @return null when the mesh stands aside
   */
  @Nullable Exchange statement(StatementCall call);

  /**
   * The policy for a database; null when there is none, or when the mesh stands aside.
   *
   * @param host as the URL has it; empty for embedded ones
   */
  default @Nullable DatabasePolicy policy(String host, int port, String database) {
    return null;
  }
}
