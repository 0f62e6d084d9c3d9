package io.selvage.runtime;

import io.selvage.engine.flow.Exchange;
import io.selvage.engine.model.DatabasePolicy;
import io.selvage.engine.stack.Engine;
import io.selvage.engine.stack.StatementCall;
import io.selvage.extension.ContextScope;
import io.selvage.extension.Intent;
import io.selvage.extension.Statements;
import org.jspecify.annotations.Nullable;

/** Statements as instrumentations see them; the agent's own work is left alone. Any thread. */
final class RunningStatements implements Statements {
  private final Engine engine;

  RunningStatements(Engine engine) {
    this.engine = engine;
  }

  @Override
  public @Nullable Exchange statement(StatementCall call) {
    return Intent.isBypassed() ? null : engine.statement(call, ContextScope.current());
  }

  @Override
  public @Nullable DatabasePolicy policy(String host, int port, String database) {
    return Intent.isBypassed() ? null : engine.database(host, port, database);
  }
}
