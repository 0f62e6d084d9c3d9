package io.selvage.instrumentation.jdbc;

import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Failed;
import io.selvage.engine.flow.Responded;
import io.selvage.engine.flow.StatementFacts;
import io.selvage.engine.stack.StatementCall;
import io.selvage.extension.Intent;
import io.selvage.extension.Mesh;
import io.selvage.extension.MeshRuntime;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLRecoverableException;
import java.sql.SQLTimeoutException;
import java.sql.SQLTransientConnectionException;
import java.sql.Statement;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One statement between the two halves of its advice. Never repeats a statement. Used by one
 * thread.
 *
 * <p>Drivers call their own methods and pools call the driver's: only the outermost call of a
 * thread is an exchange.
 */
final class StatementExchange {
  /** Set while a thread is inside a statement; confined to that time. */
  private static final ThreadLocal<@Nullable Boolean> INSIDE = new ThreadLocal<>();

  private final @Nullable Exchange exchange;
  private final @Nullable Attempt attempt;
  private final @Nullable Statement statement;
  private final @Nullable SQLException refusal;
  private int timeoutBefore = -1;
  private @Nullable Cancellation cancellation;

  private StatementExchange(
      @Nullable Exchange exchange,
      @Nullable Attempt attempt,
      @Nullable Statement statement,
      @Nullable SQLException refusal) {
    this.exchange = exchange;
    this.attempt = attempt;
    this.statement = statement;
    this.refusal = refusal;
  }

  /** See {@link StatementAdvice#enter}. */
  static @Nullable Object @Nullable [] enter(
      Statement statement, @Nullable String sql, boolean batch) {
    String text = sql != null ? sql : PreparedTexts.of(statement);
    return enter(null, statement, text == null ? "" : text, batch);
  }

  /** The same for what a driver sends beside its statements. */
  static @Nullable Object @Nullable [] enter(Connection connection, String sql) {
    return enter(connection, null, sql, false);
  }

  /** Whether this thread is inside a statement of a driver. */
  static boolean isInside() {
    return INSIDE.get() != null;
  }

  private static @Nullable Object @Nullable [] enter(
      @Nullable Connection connection, @Nullable Statement statement, String sql, boolean batch) {
    MeshRuntime mesh = Mesh.runtime();
    if (mesh == null || INSIDE.get() != null || Intent.isBypassed()) {
      return null;
    }
    INSIDE.set(Boolean.TRUE);
    try {
      Connection on =
          connection != null || statement == null ? connection : statement.getConnection();
      StatementExchange call = on == null ? null : begun(mesh, on, statement, sql, batch);
      if (call != null) {
        return new @Nullable Object[] {call, call.refusal};
      }
    } catch (SQLException | RuntimeException broken) {
      mesh.report("SELV-6090", "jdbc: the statement runs without the mesh: " + broken);
    }
    INSIDE.remove();
    return null;
  }

  private static @Nullable StatementExchange begun(
      MeshRuntime mesh,
      Connection connection,
      @Nullable Statement statement,
      String sql,
      boolean batch)
      throws SQLException {
    DatabaseUrl database = DatabaseUrl.parse(connection.getMetaData().getURL());
    DatabaseLinks.Link link = DatabaseLinks.of(connection);
    DatabaseUrl asked = link == null ? database : link.asked();
    RoutedConnection routed = link == null ? null : link.routed();
    if (routed != null) {
      routed.used(connection);
    }
    Exchange exchange =
        mesh.statements()
            .statement(
                new StatementCall(
                    database.system(),
                    database.host(),
                    database.port(),
                    database.database(),
                    sql,
                    asked.host(),
                    asked.port(),
                    batch));
    if (exchange == null) {
      return null;
    }
    Action action;
    try {
      action = mesh.blocking().begin(exchange);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return new StatementExchange(
          null,
          null,
          null,
          new SQLTimeoutException("interrupted before the statement", "HYT00", interrupted));
    }
    if (action instanceof Attempt attempt) {
      StatementExchange call = new StatementExchange(exchange, attempt, statement, null);
      call.shortenTimeout();
      if (statement != null) {
        Cancellation cancellation = new Cancellation(statement);
        call.cancellation = cancellation;
        attempt.onAbort(cancellation::cancel);
      }
      return call;
    }
    return new StatementExchange(null, null, null, SqlRefusals.of(action));
  }

  /**
   * The statement gets what is left of the request's time, or the application's own time-out if
   * that is less. JDBC counts in whole seconds: rounded up.
   */
  private void shortenTimeout() throws SQLException {
    Attempt run = attempt;
    Statement target = statement;
    if (run == null || target == null || run.remainingNanos() == Long.MAX_VALUE) {
      return;
    }
    int left =
        (int)
            Math.min(
                Integer.MAX_VALUE,
                TimeUnit.NANOSECONDS.toSeconds(run.remainingNanos() + 999_999_999L));
    int own = target.getQueryTimeout();
    if (own == 0 || left < own) {
      target.setQueryTimeout(Math.max(1, left));
      timeoutBefore = own;
    }
  }

  /** See {@link StatementAdvice#exit}. */
  static @Nullable Throwable exit(
      @Nullable Object @Nullable [] entered,
      @Nullable Object returned,
      @Nullable Throwable thrown) {
    if (entered == null || !(entered[0] instanceof StatementExchange call)) {
      return null;
    }
    try {
      return call.refusal != null ? call.refusal : call.end(returned, thrown);
    } finally {
      INSIDE.remove();
    }
  }

  private @Nullable Throwable end(@Nullable Object returned, @Nullable Throwable thrown) {
    if (cancellation != null) {
      cancellation.over();
    }
    Exchange x = exchange;
    Attempt run = attempt;
    if (x != null && run != null) {
      if (x.facts() instanceof StatementFacts facts) {
        facts.rows = rows(returned);
      }
      x.onOutcome(run, thrown == null ? Responded.done() : new Failed(kind(thrown), thrown));
      x.end(thrown == null ? End.COMPLETE : End.ABORTED);
    }
    restoreTimeout();
    return null;
  }

  /** What an update or a batch says that it has changed; -1 = nothing. */
  private static long rows(@Nullable Object returned) {
    if (returned instanceof Integer || returned instanceof Long) {
      return ((Number) returned).longValue();
    }
    long sum = 0;
    if (returned instanceof int[] counts) {
      for (int count : counts) {
        sum += Math.max(0, count);
      }
      return sum;
    }
    if (returned instanceof long[] counts) {
      for (long count : counts) {
        sum += Math.max(0, count);
      }
      return sum;
    }
    return -1;
  }

  private void restoreTimeout() {
    Statement target = statement;
    if (timeoutBefore >= 0 && target != null) {
      try {
        if (!target.isClosed()) {
          target.setQueryTimeout(timeoutBefore);
        }
      } catch (SQLException gone) {
        return; // a statement that cannot be told anything any more has no time-out either
      }
    }
  }

  /**
   * A broken connection or a late statement says something of the server; all else is between
   * application and database.
   */
  private static Failed.Kind kind(Throwable thrown) {
    String state =
        thrown instanceof SQLException sql && sql.getSQLState() != null ? sql.getSQLState() : "";
    if (thrown instanceof SQLTimeoutException || state.equals("57014") || state.equals("HYT00")) {
      return Failed.Kind.TIMEOUT;
    }
    boolean connection =
        thrown instanceof SQLNonTransientConnectionException
            || thrown instanceof SQLTransientConnectionException
            || thrown instanceof SQLRecoverableException
            || state.startsWith("08")
            || state.startsWith("57P");
    return connection ? Failed.Kind.RESET : Failed.Kind.LOCAL;
  }
}
