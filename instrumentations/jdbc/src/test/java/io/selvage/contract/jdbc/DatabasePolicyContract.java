package io.selvage.contract.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.selvage.engine.model.DatabasePolicy;
import io.selvage.engine.model.DatabasePolicy.Place;
import io.selvage.engine.model.MeshConfig;
import io.selvage.engine.observing.AuditRecord;
import io.selvage.extension.Intent;
import io.selvage.instrumentation.testing.WovenJvm;
import io.selvage.instrumentation.testing.client.MeshSketch;
import io.selvage.instrumentation.testing.client.TestAuthority;
import io.selvage.instrumentation.testing.client.TestMesh;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What a DatabasePolicy promises of JDBC; one small subclass per driver. The replica is a second
 * server with other content, so that every answer tells where it came from.
 */
@ExtendWith(WovenJvm.class)
@Timeout(180)
abstract class DatabasePolicyContract {
  private static final TestAuthority AUTHORITY = new TestAuthority();
  private final List<AuditRecord> audit = new CopyOnWriteArrayList<>();
  private TestMesh mesh;

  abstract Database primary();

  abstract Database replica();

  @BeforeEach
  void openMesh() throws SQLException {
    mesh =
        new TestMesh(
            AUTHORITY,
            "spiffe://cluster.local/ns/default/sa/ratings",
            engine -> engine.audit(audit::add));
    prepare(primary(), "primary");
    prepare(replica(), "replica");
  }

  @AfterEach
  void closeMesh() {
    mesh.close();
  }

  private static void prepare(Database database, String name) throws SQLException {
    try (Intent bypass = Intent.bypass();
        Connection connection = open(database, database.port());
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE IF NOT EXISTS who (name VARCHAR(20))");
      statement.execute("DELETE FROM who");
      statement.execute("INSERT INTO who VALUES ('" + name + "')");
    }
  }

  private static Connection open(Database database, int port) throws SQLException {
    return DriverManager.getConnection(database.url("127.0.0.1", port), database.user(), "");
  }

  /** What a test wants of the policy. */
  private final class Policy {
    private int port = primary().port();
    private DatabasePolicy.ReadOnly readOnly;
    private DatabasePolicy.Connect connect = DatabasePolicy.Connect.DEFAULT;
    private DatabasePolicy.Statements statements = DatabasePolicy.Statements.DEFAULT;
    private List<String> hosts = List.of("127.0.0.1");

    Policy replicaAt(int replicaPort, boolean orPrimary) {
      readOnly =
          new DatabasePolicy.ReadOnly(List.of(new Place("127.0.0.1", replicaPort)), orPrimary);
      return this;
    }

    DatabasePolicy build() {
      return new DatabasePolicy(
          "default/db",
          hosts,
          port,
          Set.of(),
          readOnly,
          connect,
          statements,
          null,
          null,
          List.of(),
          new DatabasePolicy.Audit(100, Duration.ofMillis(1), 1_000));
    }

    void publish() {
      mesh.publish(MeshConfig.EMPTY.withDatabases(List.of(build())));
    }
  }

  private Policy routed() {
    return new Policy().replicaAt(replica().port(), true);
  }

  private static String who(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT name FROM who")) {
      rows.next();
      return rows.getString(1);
    }
  }

  private static int deadPort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  @Test
  void readOnlyConnectionsGoToTheReplicaAndBack() throws SQLException {
    routed().publish();
    try (Connection connection = open(primary(), primary().port())) {
      assertThat(who(connection)).isEqualTo("primary");
      connection.setReadOnly(true);
      assertThat(connection.isReadOnly()).isTrue();
      assertThat(who(connection)).isEqualTo("replica");
      connection.setReadOnly(false);
      assertThat(connection.isReadOnly()).isFalse();
      assertThat(who(connection)).isEqualTo("primary");
    }
  }

  @Test
  void statementsStayWhereTheyWereMade() throws SQLException {
    routed().publish();
    try (Connection connection = open(primary(), primary().port());
        PreparedStatement early = connection.prepareStatement("SELECT name FROM who")) {
      connection.setReadOnly(true);
      assertThat(who(connection)).isEqualTo("replica");
      try (ResultSet rows = early.executeQuery()) {
        rows.next();
        assertThat(rows.getString(1)).isEqualTo("primary");
      }
    }
  }

  @Test
  void sessionStateIsThatOfBoth() throws SQLException {
    routed().publish();
    try (Connection connection = open(primary(), primary().port())) {
      connection.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
      connection.setReadOnly(true);
      connection.setAutoCommit(false);
      assertThat(who(connection)).isEqualTo("replica");
      assertThat(connection.getAutoCommit()).isFalse();
      assertThat(connection.getTransactionIsolation())
          .isEqualTo(Connection.TRANSACTION_SERIALIZABLE);
      connection.commit();
      connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
      connection.setReadOnly(false);
      assertThat(who(connection)).isEqualTo("primary");
      assertThat(connection.getTransactionIsolation())
          .isEqualTo(Connection.TRANSACTION_READ_COMMITTED);
      connection.rollback();
    }
  }

  @Test
  void noTransactionIsSplit() throws SQLException {
    routed().publish();
    try (Connection connection = open(primary(), primary().port())) {
      connection.setAutoCommit(false);
      try (Statement statement = connection.createStatement()) {
        statement.executeUpdate("INSERT INTO who VALUES ('zwei')");
      }
      try {
        connection.setReadOnly(true);
      } catch (SQLException drivers) {
        assertThat(primary().system()).isEqualTo("postgresql");
      }
      assertThat(who(connection)).as("still the same transaction").isEqualTo("primary");
      connection.rollback();
      connection.setReadOnly(true);
      assertThat(who(connection)).isEqualTo("replica");
      connection.commit();
      connection.setReadOnly(false);
      try (Statement statement = connection.createStatement();
          ResultSet rows = statement.executeQuery("SELECT COUNT(*) FROM who")) {
        rows.next();
        assertThat(rows.getInt(1)).as("rolled back").isEqualTo(1);
      }
    }
  }

  @Test
  void whatIsAskedInATransactionHoldsFromTheNextOneOn() throws SQLException {
    routed().publish();
    try (Connection connection = open(primary(), primary().port())) {
      connection.setReadOnly(true);
      connection.setAutoCommit(false);
      assertThat(who(connection)).isEqualTo("replica");
      try {
        connection.setReadOnly(false);
      } catch (SQLException drivers) {
        connection.rollback();
        connection.setReadOnly(false);
      }
      connection.commit();
      assertThat(who(connection)).as("never a write on the replica").isEqualTo("primary");
      connection.rollback();
    }
  }

  @Test
  void isTheDriversConnectionInEveryOtherWay() throws SQLException {
    Class<?> driver;
    try (Intent bypass = Intent.bypass();
        Connection plain = open(primary(), primary().port())) {
      driver = plain.getClass();
    }
    routed().publish();
    try (Connection connection = open(primary(), primary().port());
        Statement statement = connection.createStatement()) {
      for (Class<?> type : driver.getInterfaces()) {
        assertThat(connection).isInstanceOf(type);
      }
      assertThat(connection.isWrapperFor(driver)).isTrue();
      assertThat(connection.unwrap(driver)).isInstanceOf(driver);
      assertThat(statement.getConnection()).isSameAs(connection);
      assertThat(connection.getMetaData().getConnection()).isSameAs(connection);
      assertThat(connection.isValid(1)).isTrue();
      assertThat(connection).isEqualTo(connection).hasSameHashCodeAs(connection);
      connection.setReadOnly(true);
      assertThat(who(connection)).isEqualTo("replica");
      connection.close();
      assertThat(connection.isClosed()).isTrue();
      assertThatThrownBy(connection::createStatement).isInstanceOf(SQLException.class);
    }
  }

  @Test
  void aPoolGetsItsConnectionBackOnThePrimary() throws SQLException {
    routed().publish();
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(primary().url("127.0.0.1", primary().port()));
    config.setUsername(primary().user());
    config.setPassword("");
    config.setMaximumPoolSize(1);
    try (HikariDataSource pool = new HikariDataSource(config)) {
      for (int i = 0; i < 3; i++) {
        try (Connection connection = pool.getConnection()) {
          assertThat(who(connection)).isEqualTo("primary");
        }
        try (Connection connection = pool.getConnection()) {
          connection.setReadOnly(true);
          connection.setAutoCommit(false);
          assertThat(who(connection)).isEqualTo("replica");
          connection.commit();
        }
      }
    }
  }

  @Test
  void thePrimaryServesWhileNoReplicaCanBeReached() throws Exception {
    new Policy().replicaAt(deadPort(), true).publish();
    try (Connection connection = open(primary(), primary().port())) {
      connection.setReadOnly(true);
      assertThat(who(connection)).isEqualTo("primary");
      assertThat(connection.isReadOnly()).isTrue();
    }
  }

  @Test
  void orNobodyServesIfThePolicySaysSo() throws Exception {
    new Policy().replicaAt(deadPort(), false).publish();
    try (Connection connection = open(primary(), primary().port())) {
      connection.setReadOnly(true);
      assertThatThrownBy(() -> who(connection))
          .isInstanceOf(SQLException.class)
          .hasMessageContaining("SELV-6025");
      connection.setReadOnly(false);
      assertThat(who(connection)).isEqualTo("primary");
    }
  }

  @Test
  void connectsGoOnToTheNextPlace() throws Exception {
    int dead = deadPort();
    Policy policy = new Policy();
    policy.port = dead;
    policy.connect =
        new DatabasePolicy.Connect(null, 2, List.of(new Place("127.0.0.1", replica().port())));
    policy.publish();
    try (Connection connection = open(primary(), dead)) {
      assertThat(who(connection)).isEqualTo("replica");
    }
  }

  @Test
  void aServerThatLetsNobodyInIsGivenUpInTime() throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      Policy policy = new Policy();
      policy.port = silent.getLocalPort();
      policy.connect =
          new DatabasePolicy.Connect(
              Duration.ofMillis(400), 2, List.of(new Place("127.0.0.1", replica().port())));
      policy.publish();
      long begun = System.nanoTime();
      DriverManager.setLoginTimeout(20);
      try (Connection connection = open(primary(), silent.getLocalPort())) {
        assertThat(who(connection)).isEqualTo("replica");
      } finally {
        DriverManager.setLoginTimeout(0);
      }
      assertThat(Duration.ofNanos(System.nanoTime() - begun))
          .isBetween(Duration.ofMillis(350), Duration.ofSeconds(15));
    }
  }

  @Test
  void connectsGoOnToTheNextEndpointOfAService() throws Exception {
    MeshSketch sketch = new MeshSketch();
    sketch
        .tcp("db", 5432)
        .plaintextEndpoint(deadPort())
        .plaintextEndpoint(deadPort())
        .plaintextEndpoint(primary().port());
    Policy policy = new Policy();
    policy.hosts = List.of("db");
    policy.port = 5432;
    policy.connect = new DatabasePolicy.Connect(null, 3, List.of());
    mesh.publish(sketch.config().withDatabases(List.of(policy.build())));
    for (int i = 0; i < 10; i++) {
      try (Connection connection =
          DriverManager.getConnection(primary().url("db", 5432), primary().user(), "")) {
        assertThat(who(connection)).isEqualTo("primary");
      }
    }
  }

  @Test
  void writesAreRefusedInEveryWayToSendThem() throws SQLException {
    Policy policy = new Policy();
    policy.statements = new DatabasePolicy.Statements(null, true, Set.of());
    policy.publish();
    try (Connection connection = open(primary(), primary().port());
        Statement statement = connection.createStatement();
        PreparedStatement prepared = connection.prepareStatement("INSERT INTO who VALUES (?)")) {
      prepared.setString(1, "x");
      statement.addBatch("INSERT INTO who VALUES ('x')");
      List<Write> writes = new ArrayList<>();
      writes.add(() -> statement.executeUpdate("INSERT INTO who VALUES ('x')"));
      writes.add(() -> statement.execute("INSERT INTO who VALUES ('x')"));
      writes.add(() -> statement.executeLargeUpdate("DELETE FROM who"));
      writes.add(statement::executeBatch);
      writes.add(prepared::executeUpdate);
      writes.add(prepared::execute);
      writes.add(
          () -> {
            prepared.addBatch();
            prepared.executeBatch();
          });
      writes.addAll(more(connection));
      for (Write write : writes) {
        assertThatThrownBy(write::run)
            .isInstanceOfSatisfying(
                SQLException.class,
                refused -> {
                  assertThat(refused.getSQLState()).isEqualTo("25006");
                  assertThat(refused.getMessage()).contains("SELV-6021");
                });
      }
      assertThat(who(connection)).as("reads go on, nothing was changed").isEqualTo("primary");
    }
    assertThat(audit).anySatisfy(line -> assertThat(line.failed()).isPositive());
  }

  /** One way to change data. */
  interface Write {
    void run() throws Exception;
  }

  /** Ways that only this driver has. */
  List<Write> more(Connection connection) throws SQLException {
    return List.of();
  }

  @Test
  void aPoolKeepsAConnectionWhoseWriteWasRefused() throws SQLException {
    Policy policy = new Policy();
    policy.statements = new DatabasePolicy.Statements(null, true, Set.of());
    policy.publish();
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(primary().url("127.0.0.1", primary().port()));
    config.setUsername(primary().user());
    config.setPassword("");
    config.setMaximumPoolSize(1);
    try (HikariDataSource pool = new HikariDataSource(config)) {
      try (Connection connection = pool.getConnection();
          Statement statement = connection.createStatement()) {
        assertThatThrownBy(() -> statement.executeUpdate("DELETE FROM who"))
            .isInstanceOf(SQLException.class);
        assertThat(who(connection)).as("not evicted").isEqualTo("primary");
      }
    }
  }

  @Test
  void thePoliciesTimeoutEndsAStatement() throws SQLException {
    Policy policy = new Policy();
    policy.statements = new DatabasePolicy.Statements(Duration.ofMillis(900), false, Set.of());
    policy.publish();
    try (Connection connection = open(primary(), primary().port());
        Statement statement = connection.createStatement()) {
      long begun = System.nanoTime();
      assertThatThrownBy(() -> statement.executeQuery(primary().slow()))
          .isInstanceOf(SQLException.class);
      assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(15));
    }
  }

  @Test
  void auditSaysHowManyRowsWereChangedAndWhere() throws SQLException {
    routed().publish();
    try (Connection connection = open(primary(), primary().port());
        Statement statement = connection.createStatement()) {
      statement.executeUpdate("UPDATE who SET name = 'primary' WHERE name = 'primary'");
      connection.setReadOnly(true);
      assertThat(who(connection)).isEqualTo("replica");
    }
    assertThat(audit)
        .anySatisfy(
            line -> {
              assertThat(line.effect()).isEqualTo("WRITE");
              assertThat(line.rows()).isEqualTo(1);
              assertThat(line.tables()).containsExactly("who");
              assertThat(line.server()).endsWith(":" + primary().port());
            })
        .anySatisfy(
            line -> {
              assertThat(line.effect()).isEqualTo("READ");
              assertThat(line.policy()).as("goes with the connection").isEqualTo("default/db");
              assertThat(line.server()).endsWith(":" + replica().port());
            });
  }
}
