package io.selvage.contract.jdbc;

import java.io.StringReader;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.postgresql.PGConnection;
import org.postgresql.largeobject.LargeObjectManager;

/** PostgreSQL's driver, two real servers. */
class PostgresDatabasePolicyContractTest extends DatabasePolicyContract {
  private static PostgresDatabase primary;
  private static PostgresDatabase replica;

  @BeforeAll
  static void start() throws Exception {
    primary = PostgresDatabase.start();
    Assumptions.assumeTrue(primary != null, "PostgreSQL is not installed (Debian: postgresql)");
    replica = PostgresDatabase.start();
  }

  @AfterAll
  static void stop() throws Exception {
    for (PostgresDatabase each : new PostgresDatabase[] {primary, replica}) {
      if (each != null) {
        each.close();
      }
    }
  }

  @Override
  Database primary() {
    return primary;
  }

  @Override
  Database replica() {
    return replica;
  }

  @Override
  List<Write> more(Connection connection) throws SQLException {
    PGConnection own = connection.unwrap(PGConnection.class);
    return List.of(
        () -> own.getCopyAPI().copyIn("COPY who FROM STDIN", new StringReader("x\n")),
        () -> own.getCopyAPI().copyIn("COPY who FROM STDIN"),
        () -> own.getCopyAPI().copyOut("COPY (DELETE FROM who RETURNING *) TO STDOUT"),
        () -> connection.prepareCall("{call pg_notify('a', 'b')}").execute(),
        () -> {
          connection.setAutoCommit(false);
          try {
            LargeObjectManager objects = own.getLargeObjectAPI();
            objects.createLO();
          } finally {
            connection.rollback();
            connection.setAutoCommit(true);
          }
        });
  }
}
