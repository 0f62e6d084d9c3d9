package io.selvage.smoke.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.selvage.smoke.Checkout;
import io.selvage.smoke.Child;
import io.selvage.smoke.DevMesh;
import io.selvage.smoke.Load;
import io.selvage.smoke.Postgres;
import io.selvage.smoke.Waiting;
import io.selvage.smoke.Workload;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * An unmodified Spring Boot application with HikariCP on a PostgreSQL and its hot standby, under a
 * DatabasePolicy that kubectl applies. In order, as the last test ends the primary.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class DatabasePolicyIT {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static DevMesh mesh;
  private static Postgres primary;
  private static Postgres standby;
  private static Workload orders;
  private static Child application;

  @BeforeAll
  static void up() {
    assumeTrue(Postgres.isInstalled(), "PostgreSQL is not installed (Debian: postgresql)");
    primary = Postgres.start();
    primary.sql("CREATE TABLE orders (id serial PRIMARY KEY, item text)");
    standby = primary.standby();
    mesh = DevMesh.up("database");
    mesh.apply(
        entry("orders-db", primary.port()) + "---\n" + entry("orders-replica", standby.port()));
    policy("");
    int port = Checkout.freePort();
    orders =
        new Workload(
            "orders",
            "v1",
            "default",
            List.of("9080:" + port),
            port,
            Workload.jar(Checkout.app("orders")),
            Map.of(
                "SERVER_PORT",
                "" + port,
                "JDBC_URL",
                "jdbc:postgresql://orders-db.internal:5432/postgres?sslmode=disable"));
    application = orders.startAndAwait(mesh, Duration.ofSeconds(90));
  }

  @AfterAll
  static void down() {
    for (AutoCloseable each : new AutoCloseable[] {application, mesh, standby, primary}) {
      try {
        if (each != null) {
          each.close();
        }
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private static String entry(String name, int port) {
    return """
    apiVersion: networking.istio.io/v1
    kind: ServiceEntry
    metadata: {name: %s, namespace: default}
    spec:
      hosts: [%s.internal]
      ports: [{number: 5432, name: tcp-postgres, protocol: TCP, targetPort: %d}]
      location: MESH_EXTERNAL
      resolution: STATIC
      endpoints: [{address: 127.0.0.1}]
    """
        .formatted(name, name, port);
  }

  private static void policy(String more) {
    mesh.apply(
        """
        apiVersion: selvage.io/v1
        kind: DatabasePolicy
        metadata: {name: orders, namespace: default}
        spec:
          targetRefs: [{group: networking.istio.io, kind: ServiceEntry, name: orders-db}]
          readOnly: {replicas: [{host: orders-replica.internal, port: 5432}]}
          connect: {timeout: 3s, failover: [{host: orders-replica.internal, port: 5432}]}
          audit: {interval: 100ms}
        %s
        """
            .formatted(more));
  }

  private static String url(String path) {
    return "http://127.0.0.1:" + orders.readyPort() + path;
  }

  private static HttpResponse<String> write() {
    return Load.post(url("/orders"), "a book");
  }

  private static boolean is(HttpResponse<String> answer, Postgres server) {
    return answer.statusCode() == 200
        && answer.body().contains("\"port\":\"" + server.port() + "\"");
  }

  @Test
  @Order(1)
  void readOnlyTransactionsGoToTheStandbyAndOthersToThePrimary() {
    Waiting.until("reads on the standby", PATIENCE, () -> is(Load.get(url("/orders")), standby));
    for (int i = 0; i < 20; i++) {
      HttpResponse<String> written = write();
      assertThat(is(written, primary)).as(written.body()).isTrue();
      HttpResponse<String> read = Load.get(url("/orders"));
      assertThat(is(read, standby)).as(read.body()).isTrue();
    }
    assertThat(primary.sql("SELECT count(*) FROM orders")).isEqualTo("20");
    Waiting.until(
        "the standby has them", PATIENCE, () -> Load.get(url("/orders")).body().contains("20"));
  }

  @Test
  @Order(2)
  void writesAreProhibitedWhileThePolicySaysSo() {
    policy("  statements: {writes: PROHIBIT}");
    Waiting.until("the prohibition", PATIENCE, () -> write().statusCode() == 500);
    String before = primary.sql("SELECT count(*) FROM orders");
    HttpResponse<String> refused = write();
    assertThat(refused.body()).contains("25006").contains("SELV-6021");
    assertThat(primary.sql("SELECT count(*) FROM orders")).isEqualTo(before);
    assertThat(is(Load.get(url("/orders")), standby)).isTrue();
    policy("");
    Waiting.until("writes again", PATIENCE, () -> is(write(), primary));
  }

  @Test
  @Order(3)
  void aStatementHasNoMoreTimeThanThePolicyAllows() {
    policy("  statements: {timeout: 1s}");
    Waiting.until(
        "the time-out", PATIENCE, () -> Load.get(url("/slow?seconds=3")).statusCode() == 500);
    policy("");
    Waiting.until(
        "no time-out", PATIENCE, () -> Load.get(url("/slow?seconds=2")).statusCode() == 200);
    // only a peer of the mesh may say how much time is left
    assertThat(
            Load.get(url("/slow?seconds=2"), "x-envoy-expected-rq-timeout-ms", "900").statusCode())
        .isEqualTo(200);
  }

  @Test
  @Order(4)
  void theAuditSaysWhatWasDoneWithoutValues() throws IOException {
    Waiting.until("audit lines", PATIENCE, () -> audit().contains("insert into orders"));
    assertThat(audit())
        .contains("\"policy\":\"default/orders\"")
        .contains("\"tables\":\"orders\"")
        .contains("\"effect\":\"WRITE\"")
        .contains("\"effect\":\"READ\"")
        .doesNotContain("a book");
  }

  private static String audit() {
    StringBuilder lines = new StringBuilder();
    try (var all = Files.lines(mesh.folder().resolve("access.log." + orders.name()))) {
      all.filter(line -> line.contains("database-audit"))
          .forEach(l -> lines.append(l).append('\n'));
    } catch (IOException notYet) {
      return "";
    }
    return lines.toString();
  }

  /** Which of the policy's refusals an answer tells of; else its status. */
  private static String refusal(HttpResponse<String> answer) {
    Matcher code = Pattern.compile("SELV-60\\d\\d").matcher(answer.body());
    return code.find() ? code.group() : "" + answer.statusCode();
  }

  @Test
  @Order(5)
  void noMoreStatementsAtOnceThanTheBulkheadHasPlaces() {
    policy("  bulkhead: {maxConcurrentStatements: 1}");
    Waiting.until(
        "a full bulkhead",
        PATIENCE,
        () -> Load.run(url("/slow?seconds=1"), 4, 4, r -> refusal(r)).of("SELV-6022") > 0);
    Load.Answers answers = Load.run(url("/slow?seconds=1"), 4, 4, r -> refusal(r));
    assertThat(answers.of("200")).isPositive();
    assertThat(answers.of("200") + answers.of("SELV-6022")).isEqualTo(4);
    policy("");
    Waiting.until(
        "no bulkhead",
        PATIENCE,
        () -> Load.run(url("/slow?seconds=1"), 4, 4, r -> refusal(r)).of("200") == 4);
  }

  @Test
  @Order(6)
  void aCallerHasNoMoreStatementsThanItsRate() {
    policy("  callers: [{statementsPerSecond: 0.001, burst: 3}]");
    Waiting.until("the rate", PATIENCE, () -> refusal(write()).equals("SELV-6023"));
    String before = primary.sql("SELECT count(*) FROM orders");
    for (int i = 0; i < 5; i++) {
      HttpResponse<String> refused = write();
      assertThat(refused.body()).contains("53400").contains("SELV-6023");
    }
    assertThat(primary.sql("SELECT count(*) FROM orders")).isEqualTo(before);
    policy("");
    Waiting.until("writes again", PATIENCE, () -> is(write(), primary));
  }

  @Test
  @Order(7)
  void withoutThePrimaryReadsGoOnAndNothingIsWrittenTwice() {
    String before = standby.sql("SELECT count(*) FROM orders");
    primary.crash();
    Waiting.until(
        "reads without the primary",
        Duration.ofSeconds(60),
        () -> is(Load.get(url("/orders")), standby));
    for (int i = 0; i < 5; i++) {
      HttpResponse<String> refused = write();
      assertThat(refused.statusCode()).as(refused.body()).isEqualTo(500);
    }
    assertThat(standby.sql("SELECT count(*) FROM orders")).isEqualTo(before);
    assertThat(application.log()).contains("SELV-6026");
  }
}
