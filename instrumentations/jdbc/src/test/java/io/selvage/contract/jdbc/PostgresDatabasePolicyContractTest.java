package io.selvage.contract.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.match.SqlDialect;
import io.selvage.engine.match.SqlJudge;
import io.selvage.extension.Intent;
import java.io.StringReader;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
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

  /** What PostgreSQL itself refuses in a read-only transaction must be judged a write. */
  @Test
  void theJudgeRefusesWhateverAReadOnlyTransactionDoes() throws SQLException {
    int refused = 0;
    try (Intent bypass = Intent.bypass();
        Connection connection =
            DriverManager.getConnection(
                primary.url("127.0.0.1", primary.port()), primary.user(), "");
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE SEQUENCE IF NOT EXISTS s");
      statement.execute("CREATE MATERIALIZED VIEW IF NOT EXISTS mv AS SELECT 1");
      statement.execute(
          "CREATE OR REPLACE FUNCTION evil() RETURNS int LANGUAGE sql AS"
              + " 'INSERT INTO who VALUES (''evil'') RETURNING 1'");
      statement.execute("CREATE OR REPLACE PROCEDURE worse() LANGUAGE sql AS 'DELETE FROM who'");
      statement.execute("PREPARE later AS DELETE FROM who");
      connection.setAutoCommit(false);
      for (String sql : STATEMENTS) {
        statement.execute("SET TRANSACTION READ ONLY");
        try {
          statement.execute(sql);
        } catch (SQLException failed) {
          assertThat(failed.getSQLState()).as("%s: %s", sql, failed).isEqualTo("25006");
          assertThat(SqlJudge.judge(sql, SqlDialect.POSTGRESQL, Set.of()).writes())
              .as(sql)
              .isTrue();
          refused++;
        }
        connection.rollback();
      }
      connection.setAutoCommit(true);
      statement.execute("DROP FUNCTION evil; DROP PROCEDURE worse; DROP MATERIALIZED VIEW mv");
    }
    assertThat(refused).isGreaterThan(30);
  }

  private static final List<String> STATEMENTS =
      List.of(
          "INSERT INTO who VALUES ('x')",
          "UPDATE who SET name = 'x'",
          "DELETE FROM who",
          "MERGE INTO who USING (SELECT 'x' AS n) q ON name = n WHEN MATCHED THEN DELETE",
          "TRUNCATE who",
          "WITH x AS (DELETE FROM who RETURNING *) SELECT * FROM x",
          "WITH x AS (INSERT INTO who VALUES ('x') RETURNING name) SELECT name FROM x",
          "WITH x AS (SELECT 1) UPDATE who SET name = 'x'",
          "SELECT * FROM who FOR UPDATE",
          "SELECT * FROM who FOR NO KEY UPDATE",
          "SELECT * FROM who FOR SHARE",
          "SELECT * FROM who FOR KEY SHARE",
          "SELECT * INTO other FROM who",
          "SELECT nextval('s')",
          "SELECT setval('s', 5)",
          "SELECT evil()",
          "SELECT lower(evil()::text)",
          "SELECT 1 WHERE evil() = 1",
          "SELECT name FROM who ORDER BY evil()",
          "SELECT DISTINCT ON (name) evil() FROM who",
          "SELECT * FROM evil() AS e(x)",
          "SELECT * FROM who, evil() e",
          "VALUES (evil())",
          "SELECT/**/evil/**/()",
          "SELECT \"evil\"()",
          "SELECT public.evil()",
          "SELECT lo_creat(-1)",
          "CALL worse()",
          "DO $$ BEGIN DELETE FROM who; END $$",
          "EXECUTE later",
          "EXPLAIN ANALYZE DELETE FROM who",
          "EXPLAIN (ANALYZE, COSTS off) INSERT INTO who VALUES ('x')",
          "EXPLAIN ANALYZE SELECT evil()",
          "EXPLAIN ANALYZE EXECUTE later",
          "DECLARE c CURSOR FOR SELECT * FROM who FOR UPDATE",
          "CREATE TABLE t (a int)",
          "CREATE TABLE t AS SELECT 1",
          "CREATE VIEW v AS SELECT 1",
          "CREATE INDEX i ON who (name)",
          "ALTER TABLE who ADD a int",
          "DROP TABLE who",
          "COMMENT ON TABLE who IS 'x'",
          "GRANT SELECT ON who TO public",
          "REVOKE ALL ON who FROM public",
          "REFRESH MATERIALIZED VIEW mv",
          "LOCK TABLE who",
          "SELECT 1; DELETE FROM who",
          "SELECT '\\'; DELETE FROM who; --'",
          "SELECT $$a$$; DELETE FROM who; SELECT $$b$$",
          "/* SELECT */ DELETE FROM who -- SELECT",
          "SELECT count(*) FROM who",
          "SELECT name FROM who WHERE name = 'DELETE FROM who'");
}
