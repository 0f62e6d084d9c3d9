package io.selvage.contract.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.selvage.engine.flow.Clock;
import io.selvage.engine.flow.MeshContext;
import io.selvage.engine.flow.TraceContext;
import io.selvage.engine.flow.Work;
import io.selvage.engine.observing.SpanRecord;
import io.selvage.engine.resilience.StatementBreakers;
import io.selvage.extension.ContextScope;
import io.selvage.extension.Intent;
import io.selvage.instrumentation.testing.WovenJvm;
import io.selvage.instrumentation.testing.client.Credentials;
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
import java.sql.SQLTransientConnectionException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** What the JDBC instrumentation promises; one small subclass per driver. */
@ExtendWith(WovenJvm.class)
@Timeout(120)
abstract class JdbcContract {
  private static final String CLIENT = "spiffe://cluster.local/ns/default/sa/ratings";
  private static final String SERVER = "spiffe://cluster.local/ns/default/sa/db";
  private static final TestAuthority AUTHORITY = new TestAuthority();
  private static final TraceContext TRACE =
      new TraceContext("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", true, "");

  private final List<SpanRecord> spans = new CopyOnWriteArrayList<>();
  private TestMesh mesh;

  /** The database of this test class, running. */
  abstract Database database();

  @BeforeEach
  void openMesh() throws SQLException {
    StatementBreakers.Policy quick =
        new StatementBreakers.Policy(
            0.5, 1.0, Duration.ofSeconds(60), 4, 2, Duration.ofMinutes(5), 1);
    mesh =
        new TestMesh(
            AUTHORITY, CLIENT, engine -> engine.spans(spans::add).statementBreakers(quick));
    try (Intent bypass = Intent.bypass();
        Connection connection = open();
        Statement statement = connection.createStatement()) {
      statement.execute("DROP TABLE IF EXISTS ratings");
      statement.execute(
          "CREATE TABLE ratings (id INT PRIMARY KEY, stars INT, reviewer VARCHAR(100))");
    }
  }

  @AfterEach
  void closeMesh() {
    mesh.close();
  }

  private Connection open() throws SQLException {
    return open("127.0.0.1", database().port());
  }

  private Connection open(String host, int port) throws SQLException {
    return DriverManager.getConnection(database().url(host, port), database().user(), "");
  }

  private static ContextScope traced() {
    return ContextScope.attach(MeshContext.NONE.withTrace(TRACE));
  }

  private void needsAServer() {
    Assumptions.assumeTrue(database().port() > 0, "an embedded database has no connections");
  }

  @Test
  void aStatementIsOneSpan() throws SQLException {
    try (ContextScope scope = traced();
        Connection connection = open();
        Statement statement = connection.createStatement()) {
      spans.clear();
      statement.executeUpdate("INSERT INTO ratings VALUES (1, 5, 'canary')");
      try (ResultSet rows =
          statement.executeQuery("SELECT stars FROM ratings WHERE reviewer = 'canary'")) {
        assertThat(rows.next()).isTrue();
        assertThat(rows.getInt(1)).isEqualTo(5);
      }
    }

    assertThat(spans).hasSize(2);
    SpanRecord span = spans.get(1);
    assertThat(span.kind()).isEqualTo(SpanRecord.Kind.CLIENT);
    assertThat(span.traceId()).isEqualTo(TRACE.traceId());
    assertThat(span.parentSpanId()).isEqualTo(TRACE.spanId());
    assertThat(span.error()).isFalse();
    assertThat(span.attributes())
        .containsEntry("db.system.name", database().system())
        .containsEntry("db.namespace", database().name())
        .containsEntry("db.operation.name", "SELECT")
        .containsEntry("db.collection.name", "ratings");
    if (database().port() > 0) {
      assertThat(span.attributes())
          .containsEntry("server.address", "127.0.0.1")
          .containsEntry("server.port", (long) database().port());
    }
    assertThat(spans.toString())
        .contains("SELECT stars FROM ratings WHERE reviewer = ?")
        .doesNotContain("canary");
  }

  @Test
  void aPreparedStatementIsOneSpanEachTimeWithoutItsValues() throws SQLException {
    try (ContextScope scope = traced();
        Connection connection = open();
        PreparedStatement statement =
            connection.prepareStatement("INSERT INTO ratings VALUES (?, ?, ?)")) {
      spans.clear();
      for (int i = 0; i < 3; i++) {
        statement.setInt(1, i);
        statement.setInt(2, 5);
        statement.setString(3, "canary");
        assertThat(statement.executeUpdate()).isEqualTo(1);
      }
    }

    assertThat(spans).hasSize(3);
    assertThat(spans)
        .allSatisfy(
            span ->
                assertThat(span.attributes().get("db.query.text").toString())
                    .startsWith("INSERT INTO ratings VALUES"));
    assertThat(spans.toString()).doesNotContain("canary");
  }

  @Test
  void aBatchIsOneSpan() throws SQLException {
    try (ContextScope scope = traced();
        Connection connection = open();
        PreparedStatement statement =
            connection.prepareStatement("INSERT INTO ratings VALUES (?, 1, 'x')")) {
      spans.clear();
      for (int i = 0; i < 5; i++) {
        statement.setInt(1, i);
        statement.addBatch();
      }
      assertThat(statement.executeBatch()).hasSize(5);
    }
    assertThat(spans).hasSize(1);
  }

  @Test
  void aPoolsProxiesAddNoSpans() throws SQLException {
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(database().url("127.0.0.1", database().port()));
    config.setUsername(database().user());
    config.setPassword("");
    config.setMaximumPoolSize(2);
    try (HikariDataSource pool = new HikariDataSource(config);
        ContextScope scope = traced()) {
      for (int i = 0; i < 4; i++) {
        try (Connection connection = pool.getConnection();
            PreparedStatement statement =
                connection.prepareStatement("SELECT COUNT(*) FROM ratings")) {
          spans.clear();
          statement.executeQuery().close();
          assertThat(spans).hasSize(1);
        }
      }
    }
  }

  @Test
  void anErrorOfTheDatabaseIsTheApplicationsAndOpensNothing() throws SQLException {
    try (ContextScope scope = traced();
        Connection connection = open();
        Statement statement = connection.createStatement()) {
      for (int i = 0; i < 6; i++) {
        assertThatThrownBy(() -> statement.executeQuery("SELECT nonsense FROM nowhere"))
            .isInstanceOf(SQLException.class)
            .isNotInstanceOf(SQLTransientConnectionException.class);
      }
      statement.executeQuery("SELECT COUNT(*) FROM ratings").close();
    }
    assertThat(spans).anySatisfy(span -> assertThat(span.error()).isTrue());
  }

  @Test
  void aStatementGetsTheTimeThatTheRequestHasLeft() throws SQLException {
    MeshContext hurried =
        new MeshContext(null, Clock.SYSTEM.nanos() + Duration.ofMillis(1500).toNanos(), null, null);
    try (Connection connection = open();
        Statement statement = connection.createStatement()) {
      long start = System.nanoTime();
      try (ContextScope scope = ContextScope.attach(hurried)) {
        assertThatThrownBy(() -> statement.executeQuery(database().slow()))
            .isInstanceOf(SQLException.class);
      }
      assertThat(Duration.ofNanos(System.nanoTime() - start))
          .isBetween(Duration.ofMillis(900), Duration.ofSeconds(12));
      assertThat(statement.getQueryTimeout()).as("as the application left it").isZero();
    }
  }

  @Test
  void aStatementWhoseCallerHasGoneIsCancelled() throws Exception {
    Work work = new Work(false);
    Thread gone = new Thread(work::callerGone);
    try (Connection connection = open();
        Statement statement = connection.createStatement()) {
      long start = System.nanoTime();
      Awaiting awaiting = new Awaiting(work, gone);
      awaiting.start();
      try (ContextScope scope = ContextScope.attach(MeshContext.NONE.withWork(work))) {
        assertThatThrownBy(() -> statement.executeQuery(database().slow()))
            .isInstanceOf(SQLException.class);
      }
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(12));
      awaiting.join();
      gone.join();
      statement.executeQuery("SELECT COUNT(*) FROM ratings").close();
    }
  }

  /** Lets the caller go when its statement is under way. */
  private static final class Awaiting extends Thread {
    private final Work work;
    private final Thread then;

    Awaiting(Work work, Thread then) {
      this.work = work;
      this.then = then;
    }

    @Override
    public void run() {
      while (work.underWay() == 0 && !isInterrupted()) {
        Thread.onSpinWait();
      }
      then.start();
    }
  }

  @Test
  void aCancellationNeverHitsTheNextStatementOfItsConnection() throws Exception {
    int cancelled = 0;
    try (Connection connection = open();
        PreparedStatement statement = connection.prepareStatement("SELECT COUNT(*) FROM ratings");
        Statement other = connection.createStatement()) {
      for (int i = 0; i < 300; i++) {
        Work work = new Work(false);
        Thread gone = new Thread(work::callerGone);
        Awaiting awaiting = new Awaiting(work, gone);
        awaiting.start();
        try (ContextScope scope = ContextScope.attach(MeshContext.NONE.withWork(work))) {
          for (int j = 0; j < 50 && !work.isGone(); j++) {
            statement.executeQuery().close();
          }
        } catch (SQLException itself) {
          cancelled++;
        }
        // neither the same statement nor another, on behalf of somebody who still waits
        statement.executeQuery().close();
        other.executeQuery("SELECT 1").close();
        awaiting.interrupt();
        awaiting.join();
        gone.join();
        statement.executeQuery().close();
      }
    }
    assertThat(cancelled).as("some of 300 were under way").isPositive();
  }

  @Test
  void theApplicationsShorterTimeoutStays() throws SQLException {
    MeshContext patient =
        new MeshContext(null, Clock.SYSTEM.nanos() + Duration.ofSeconds(60).toNanos(), null, null);
    try (Connection connection = open();
        Statement statement = connection.createStatement()) {
      statement.setQueryTimeout(1);
      long start = System.nanoTime();
      try (ContextScope scope = ContextScope.attach(patient)) {
        assertThatThrownBy(() -> statement.executeQuery(database().slow()))
            .isInstanceOf(SQLException.class);
      }
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(12));
      assertThat(statement.getQueryTimeout()).isEqualTo(1);
    }
  }

  @Test
  void brokenConnectionsOpenTheBreaker() throws Exception {
    needsAServer();
    for (int i = 0; i < 2; i++) {
      Connection connection = open();
      Statement statement = connection.createStatement();
      cut();
      assertThatThrownBy(() -> statement.executeQuery("SELECT 1")).isInstanceOf(SQLException.class);
      closeQuietly(connection);
    }
    try (Connection connection = open();
        Statement statement = connection.createStatement()) {
      assertThatThrownBy(() -> statement.executeUpdate("INSERT INTO ratings VALUES (7, 7, 'x')"))
          .isInstanceOfSatisfying(
              SQLTransientConnectionException.class,
              refused -> {
                assertThat(refused.getSQLState()).isEqualTo("08001");
                assertThat(refused.getMessage()).contains("breaker is open");
              });
      try (Intent bypass = Intent.bypass();
          ResultSet rows = statement.executeQuery("SELECT COUNT(*) FROM ratings WHERE id = 7")) {
        rows.next();
        assertThat(rows.getInt(1)).as("refused, not run").isZero();
      }
    }
  }

  private static void closeQuietly(Connection gone) {
    try {
      gone.close();
    } catch (SQLException alreadyGone) {
      return; // closing a connection that is gone may fail
    }
  }

  private void cut() throws Exception {
    try (Intent bypass = Intent.bypass()) {
      database().cutConnections();
      prepareAgain();
    }
  }

  /** A database in memory may have gone with its server. */
  private void prepareAgain() throws SQLException {
    try (Connection connection = open();
        Statement statement = connection.createStatement()) {
      statement.execute(
          "CREATE TABLE IF NOT EXISTS ratings (id INT PRIMARY KEY, stars INT, reviewer VARCHAR(100))");
    }
  }

  @Test
  void reachesTheDatabaseByItsNameInTheMeshOverMutualTls() throws Exception {
    needsAServer();
    Credentials credentials = AUTHORITY.workload(SERVER);
    try (TlsDoor door = new TlsDoor(credentials, database().port())) {
      MeshSketch sketch = new MeshSketch();
      sketch.tcp("db", 5432).peer(SERVER).endpoint(door.port());
      mesh.publish(sketch.config());

      try (Connection connection = open("db", 5432);
          Statement statement = connection.createStatement()) {
        statement.executeUpdate("INSERT INTO ratings VALUES (1, 5, 'x')");
        try (ResultSet rows = statement.executeQuery("SELECT stars FROM ratings")) {
          assertThat(rows.next()).isTrue();
        }
      }
      assertThat(door.connections()).isEqualTo(1);
    }
  }

  @Test
  void refusesADatabaseOfAnotherIdentity() throws Exception {
    needsAServer();
    Credentials impostor = AUTHORITY.workload("spiffe://cluster.local/ns/default/sa/impostor");
    try (TlsDoor door = new TlsDoor(impostor, database().port())) {
      MeshSketch sketch = new MeshSketch();
      sketch.tcp("db", 5432).peer(SERVER).endpoint(door.port());
      mesh.publish(sketch.config());

      assertThatThrownBy(() -> open("db", 5432)).isInstanceOf(SQLException.class);
    }
  }

  @Test
  void failsLikeTheDriverWhenNothingListens() throws Exception {
    needsAServer();
    MeshSketch sketch = new MeshSketch();
    sketch.tcp("db", 5432).peer(SERVER).endpoint(deadPort());
    mesh.publish(sketch.config());

    assertThatThrownBy(() -> open("db", 5432)).isInstanceOf(SQLException.class);
  }

  private static int deadPort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  @Test
  void standsAsideWithoutAMesh() throws SQLException {
    mesh.remove();
    try (ContextScope scope = traced();
        Connection connection = open();
        Statement statement = connection.createStatement()) {
      statement.executeQuery("SELECT COUNT(*) FROM ratings").close();
    }
    assertThat(spans).isEmpty();
  }

  @Test
  void seamsAreReached() throws SQLException {
    try (Connection connection = open();
        Statement statement = connection.createStatement()) {
      statement.executeQuery("SELECT 1").close();
    }
    WovenJvm.assertLinked("StatementAdvice");
  }
}
