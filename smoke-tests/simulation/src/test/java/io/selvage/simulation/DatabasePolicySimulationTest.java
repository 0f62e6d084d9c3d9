package io.selvage.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.MeshContext;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.model.DatabasePolicy;
import io.selvage.engine.stack.Engine;
import io.selvage.engine.stack.StatementCall;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** DatabasePolicy from the user's YAML to the decision about a statement or a connection. */
class DatabasePolicySimulationTest {
  private static final String ENTRY =
      """
      apiVersion: networking.istio.io/v1
      kind: ServiceEntry
      metadata: {name: orders-db, namespace: default}
      spec:
        hosts: [orders-db.internal]
        ports: [{number: 5432, name: tcp-postgres, protocol: TCP}, {number: 80, name: http, protocol: HTTP}]
        location: MESH_EXTERNAL
        resolution: STATIC
        endpoints: [{address: 10.1.0.1}]
      """;

  private static String policy(String name, String spec) {
    return """
    apiVersion: selvage.io/v1
    kind: DatabasePolicy
    metadata: {name: %s, namespace: default}
    spec: %s
    """
        .formatted(name, spec);
  }

  private static final String OF_ENTRY =
      "targetRefs: [{group: networking.istio.io, kind: ServiceEntry, name: orders-db, sectionName: tcp-postgres}]";

  private static SimulatedMesh mesh() {
    return new SimulatedMesh()
        .workload("orders", "v1", 9080, "http")
        .workload("reports", "v1", 9080, "http")
        .with(ENTRY);
  }

  private static String decide(Engine engine, String host, String sql, String caller) {
    Exchange x =
        engine.statement(
            new StatementCall("postgresql", host, 5432, "orders", sql),
            new MeshContext(null, Long.MAX_VALUE, caller, null));
    Object action = x.begin();
    x.end(End.ABORTED);
    return action instanceof Rejection refused
        ? refused.code()
        : action instanceof Attempt ? "runs" : String.valueOf(action);
  }

  @Test
  void writesAreProhibitedByServiceName() {
    Engine engine =
        mesh()
            .with(policy("no-writes", "{" + OF_ENTRY + ", statements: {writes: PROHIBIT}}"))
            .engineOf("orders");
    assertThat(decide(engine, "orders-db.internal", "DELETE FROM t", null)).isEqualTo("SELV-6021");
    assertThat(decide(engine, "orders-db.internal", "SELECT 1", null)).isEqualTo("runs");
    assertThat(decide(engine, "other.internal", "DELETE FROM t", null)).isEqualTo("runs");
    String address = engine.names().addresses().get("orders-db.internal").get(0);
    assertThat(decide(engine, address, "DELETE FROM t", null))
        .as("by the virtual address")
        .isEqualTo("SELV-6021");
  }

  @Test
  void addressesGovernDatabasesThatTheMeshDoesNotKnow() {
    SimulatedMesh mesh =
        mesh()
            .with(
                policy(
                    "rds",
                    "{addresses: [{host: '*.rds.example', port: 5432}], databases: [orders], statements: {writes: PROHIBIT}}"));
    Engine engine = mesh.engineOf("orders");
    assertThat(decide(engine, "a.RDS.example", "DELETE FROM t", null)).isEqualTo("SELV-6021");
    assertThat(engine.database("a.rds.example", 5432, "other")).isNull();
    assertThat(engine.database("a.rds.example", 5433, "orders")).isNull();
  }

  @Test
  void theSelectorNamesTheCallingWorkloads() {
    SimulatedMesh mesh =
        mesh()
            .with(
                policy(
                    "reports",
                    "{"
                        + OF_ENTRY
                        + ", selector: {matchLabels: {app: reports}}, statements: {writes: PROHIBIT}}"));
    assertThat(decide(mesh.engineOf("reports"), "orders-db.internal", "DELETE FROM t", null))
        .isEqualTo("SELV-6021");
    assertThat(decide(mesh.engineOf("orders"), "orders-db.internal", "DELETE FROM t", null))
        .isEqualTo("runs");
  }

  @Test
  void callersHaveLimitsOfTheirOwn() {
    Engine engine =
        mesh()
            .with(
                policy(
                    "callers",
                    "{"
                        + OF_ENTRY
                        + ", callers: [{principals: [cluster.local/ns/web/sa/shop], statementsPerSecond: 0.001, burst: 2}]}"))
            .engineOf("orders");
    String shop = "spiffe://cluster.local/ns/web/sa/shop";
    assertThat(decide(engine, "orders-db.internal", "SELECT 1", shop)).isEqualTo("runs");
    assertThat(decide(engine, "orders-db.internal", "SELECT 1", shop)).isEqualTo("runs");
    assertThat(decide(engine, "orders-db.internal", "SELECT 1", shop)).isEqualTo("SELV-6023");
    assertThat(decide(engine, "orders-db.internal", "SELECT 1", null)).isEqualTo("runs");
  }

  @Test
  void everythingElseReachesTheModel() {
    Engine engine =
        mesh()
            .with(
                policy(
                    "all",
                    "{"
                        + OF_ENTRY
                        + ", readOnly: {replicas: [{host: replica.internal, port: 5433}], fallback: FAIL}"
                        + ", connect: {timeout: 2s, failover: [{host: second.internal, port: 5434}]}"
                        + ", statements: {timeout: 1500ms, readingFunctions: [stats.totals]}"
                        + ", circuitBreaker: {slidingWindowSize: 10}, bulkhead: {maxConcurrentStatements: 3, maxWaitDuration: 50ms}"
                        + ", audit: {maxDigests: 7}}"))
            .engineOf("orders");
    DatabasePolicy policy = engine.database("orders-db.internal", 5432, "orders");
    assertThat(policy).isNotNull();
    assertThat(policy.name()).isEqualTo("default/all");
    assertThat(policy.readOnly())
        .isEqualTo(
            new DatabasePolicy.ReadOnly(
                List.of(new DatabasePolicy.Place("replica.internal", 5433)), false));
    assertThat(policy.connect())
        .isEqualTo(
            new DatabasePolicy.Connect(
                Duration.ofSeconds(2),
                2,
                List.of(new DatabasePolicy.Place("second.internal", 5434))));
    assertThat(policy.statements().timeout()).isEqualTo(Duration.ofMillis(1500));
    assertThat(policy.statements().readingFunctions()).containsExactly("STATS.TOTALS");
    assertThat(policy.breaker().window()).isEqualTo(10);
    assertThat(policy.bulkhead()).isEqualTo(new DatabasePolicy.Bulkhead(3, Duration.ofMillis(50)));
    assertThat(policy.audit().maxDigests()).isEqualTo(7);
  }

  @Test
  void whatHasNoEffectIsSaid() {
    SimulatedMesh mesh =
        mesh()
            .with(policy("a-first", "{" + OF_ENTRY + ", audit: {}}"))
            .with(policy("b-second", "{" + OF_ENTRY + ", audit: {}}"))
            .with(policy("gone", "{targetRefs: [{kind: Service, name: nowhere}], audit: {}}"))
            .with(
                policy(
                    "http",
                    "{targetRefs: [{group: networking.istio.io, kind: ServiceEntry, name: orders-db, sectionName: http}], audit: {}}"))
            .with(
                policy(
                    "port",
                    "{addresses: [{host: x.example, port: 1}], readOnly: {replicas: [{host: orders-db.internal, port: 9}]}}"));
    assertThat(mesh.problems("orders", "DatabasePolicy", "default/b-second").toString())
        .contains("older DatabasePolicy default/a-first");
    assertThat(mesh.problems("orders", "DatabasePolicy", "default/gone").toString())
        .contains("no Service default/nowhere");
    assertThat(mesh.problems("orders", "DatabasePolicy", "default/http").toString())
        .contains("speaks HTTP");
    assertThat(mesh.problems("orders", "DatabasePolicy", "default/port").toString())
        .contains("has no port 9");
    assertThat(mesh.problems("orders", "DatabasePolicy", "default/a-first")).isEmpty();
  }
}
