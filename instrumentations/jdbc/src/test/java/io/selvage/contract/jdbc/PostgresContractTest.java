package io.selvage.contract.jdbc;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;

/** PostgreSQL's driver with a real PostgreSQL. */
class PostgresContractTest extends JdbcContract {
  private static PostgresDatabase database;

  @BeforeAll
  static void start() throws Exception {
    database = PostgresDatabase.start();
    Assumptions.assumeTrue(database != null, "PostgreSQL is not installed (Debian: postgresql)");
  }

  @AfterAll
  static void stop() throws Exception {
    if (database != null) {
      database.close();
    }
  }

  @Override
  Database database() {
    return database;
  }
}
