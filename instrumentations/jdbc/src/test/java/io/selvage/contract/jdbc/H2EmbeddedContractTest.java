package io.selvage.contract.jdbc;

import java.sql.SQLException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** H2, embedded in the application. */
class H2EmbeddedContractTest extends JdbcContract {
  private static H2Database database;

  @BeforeAll
  static void start() throws SQLException {
    database = new H2Database(false);
  }

  @AfterAll
  static void stop() {
    database.close();
  }

  @Override
  Database database() {
    return database;
  }
}
