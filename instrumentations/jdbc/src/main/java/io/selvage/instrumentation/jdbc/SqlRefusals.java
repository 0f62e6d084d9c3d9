package io.selvage.instrumentation.jdbc;

import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.Rejection;
import java.sql.SQLException;
import java.sql.SQLNonTransientException;
import java.sql.SQLTimeoutException;
import java.sql.SQLTransientConnectionException;
import java.sql.SQLTransientException;

/**
 * What the application gets for a statement that must not run. Only a server in trouble has an
 * SQLState of class 08: pools throw such connections away, and a limit is no reason to.
 */
final class SqlRefusals {
  private SqlRefusals() {}

  static SQLException of(Action action) {
    if (!(action instanceof Rejection rejection)) {
      return new SQLTimeoutException("the time for this request is over", "HYT00");
    }
    String text = "[" + rejection.code() + "] " + rejection.body();
    return switch (rejection.code()) {
      case "SELV-6020" -> new SQLTransientConnectionException(text, "08001");
      case "SELV-6021" -> new SQLNonTransientException(text, "25006");
      case "SELV-6022" -> new SQLTransientException(text, "53000");
      case "SELV-6023", "SELV-6024" -> new SQLTransientException(text, "53400");
      default -> new SQLNonTransientException(text, "42501");
    };
  }
}
