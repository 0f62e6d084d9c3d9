package io.selvage.engine.stack;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Failed;
import io.selvage.engine.flow.MeshContext;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.flow.Responded;
import io.selvage.engine.flow.StatementFacts;
import io.selvage.engine.flow.VirtualTime;
import io.selvage.engine.flow.Wait;
import io.selvage.engine.model.DatabasePolicy;
import io.selvage.engine.model.MeshConfig;
import io.selvage.engine.model.Node;
import io.selvage.engine.observing.AuditRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What a DatabasePolicy does to statements, in virtual time. */
class DatabasePolicyTest {
  private static final String CALLER = "spiffe://cluster.local/ns/web/sa/shop";
  private final VirtualTime time = new VirtualTime();
  private final List<AuditRecord> audit = new ArrayList<>();
  private final Engine engine =
      Engine.builder(Node.UNKNOWN).clock(time).epochNanos(time::nanos).audit(audit::add).build();

  /** A policy of which a test says only what matters. */
  private static final class Policy {
    private DatabasePolicy.Statements statements = DatabasePolicy.Statements.DEFAULT;
    private DatabasePolicy.Breaker breaker;
    private DatabasePolicy.Bulkhead bulkhead;
    private DatabasePolicy.Audit audit;
    private final List<DatabasePolicy.Caller> callers = new ArrayList<>();
    private Set<String> databases = Set.of();

    DatabasePolicy build() {
      return new DatabasePolicy(
          "default/db",
          List.of("db", "*.shop.example"),
          5432,
          databases,
          null,
          DatabasePolicy.Connect.DEFAULT,
          statements,
          breaker,
          bulkhead,
          callers,
          audit);
    }
  }

  private void publish(Policy policy) {
    engine.publish(MeshConfig.EMPTY.withDatabases(List.of(policy.build())));
  }

  private static Policy noWrites() {
    Policy policy = new Policy();
    policy.statements = new DatabasePolicy.Statements(null, true, Set.of("MY_REPORT"));
    return policy;
  }

  private Exchange exchange(String sql, String caller) {
    return engine.statement(
        new StatementCall("postgresql", "db", 5432, "shop", sql),
        new MeshContext(null, Long.MAX_VALUE, caller, null));
  }

  private Outcome run(String sql) {
    return run(exchange(sql, null), Responded.done(), Duration.ZERO);
  }

  private Outcome run(Exchange x, Outcome result, Duration took) {
    Action action = x.begin();
    if (!(action instanceof Attempt attempt)) {
      x.end(End.ABORTED);
      return (Outcome) action;
    }
    time.advance(took);
    x.onOutcome(attempt, result);
    x.end(End.COMPLETE);
    return Objects.requireNonNull(x.outcome());
  }

  private static String code(Object outcome) {
    return outcome instanceof Rejection refused ? refused.code() : "";
  }

  @Test
  void writesAreRefusedAndReadsAreNot() {
    publish(noWrites());
    assertThat(code(run("DELETE FROM t"))).isEqualTo("SELV-6021");
    assertThat(code(run("WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x")))
        .isEqualTo("SELV-6021");
    assertThat(code(run(""))).as("a text that nobody knows").isEqualTo("SELV-6021");
    assertThat(code(run("SELECT evil()"))).isEqualTo("SELV-6021");
    assertThat(run("SELECT my_report()")).isInstanceOf(Responded.class);
    assertThat(run("SELECT 1")).isInstanceOf(Responded.class);
    assertThat(run("COMMIT")).isInstanceOf(Responded.class);
  }

  @Test
  void aBatchIsAWriteWhateverItsFirstTextSays() {
    publish(noWrites());
    StatementCall batch =
        new StatementCall("postgresql", "db", 5432, "shop", "SELECT 1", "db", 5432, true);
    Exchange x = engine.statement(batch, MeshContext.NONE);
    assertThat(code(run(x, Responded.done(), Duration.ZERO))).isEqualTo("SELV-6021");
  }

  @Test
  void onlyThePoliciesOwnPlaceIsGoverned() {
    Policy policy = noWrites();
    policy.databases = Set.of("shop");
    publish(policy);
    for (StatementCall other :
        List.of(
            new StatementCall("postgresql", "db", 5433, "shop", "DELETE FROM t"),
            new StatementCall("postgresql", "other", 5432, "shop", "DELETE FROM t"),
            new StatementCall("postgresql", "db", 5432, "other", "DELETE FROM t"),
            new StatementCall("h2database", "", 0, "shop", "DELETE FROM t"))) {
      Exchange x = engine.statement(other, MeshContext.NONE);
      assertThat(run(x, Responded.done(), Duration.ZERO)).isInstanceOf(Responded.class);
    }
    StatementCall led =
        new StatementCall(
            "postgresql", "replica", 5499, "shop", "DELETE FROM t", "DB", 5432, false);
    Exchange x = engine.statement(led, MeshContext.NONE);
    assertThat(code(run(x, Responded.done(), Duration.ZERO)))
        .as("the policy goes with the connection")
        .isEqualTo("SELV-6021");
    StatementCall wild =
        new StatementCall("postgresql", "eu.shop.example", 5432, "shop", "DELETE FROM t");
    Exchange y = engine.statement(wild, MeshContext.NONE);
    assertThat(code(run(y, Responded.done(), Duration.ZERO))).isEqualTo("SELV-6021");
  }

  @Test
  void oneCallerMayBeRefusedWrites() {
    Policy policy = new Policy();
    policy.callers.add(new DatabasePolicy.Caller(List.of("cluster.local/ns/web/*"), 0, 0, 0, true));
    publish(policy);
    assertThat(code(run(exchange("DELETE FROM t", CALLER), Responded.done(), Duration.ZERO)))
        .isEqualTo("SELV-6021");
    assertThat(run("DELETE FROM t")).isInstanceOf(Responded.class);
  }

  @Test
  void eachCallerHasItsOwnRate() {
    Policy policy = new Policy();
    policy.callers.add(new DatabasePolicy.Caller(List.of("*"), 0, 10, 3, false));
    publish(policy);
    for (String caller : List.of(CALLER, CALLER + "2")) {
      for (int i = 0; i < 3; i++) {
        assertThat(run(exchange("SELECT 1", caller), Responded.done(), Duration.ZERO))
            .isInstanceOf(Responded.class);
      }
      assertThat(code(run(exchange("SELECT 1", caller), Responded.done(), Duration.ZERO)))
          .isEqualTo("SELV-6023");
    }
    time.advance(Duration.ofMillis(100));
    assertThat(run(exchange("SELECT 1", CALLER), Responded.done(), Duration.ZERO))
        .isInstanceOf(Responded.class);
    assertThat(code(run(exchange("SELECT 1", CALLER), Responded.done(), Duration.ZERO)))
        .isEqualTo("SELV-6023");
    assertThat(run("SELECT 1")).as("work without a caller").isInstanceOf(Responded.class);
  }

  @Test
  void eachCallerHasItsOwnPlaces() {
    Policy policy = new Policy();
    policy.callers.add(new DatabasePolicy.Caller(List.of("*"), 1, 0, 0, false));
    publish(policy);
    Exchange first = exchange("SELECT 1", CALLER);
    assertThat(first.begin()).isInstanceOf(Attempt.class);
    assertThat(code(run(exchange("SELECT 1", CALLER), Responded.done(), Duration.ZERO)))
        .isEqualTo("SELV-6024");
    assertThat(run(exchange("SELECT 1", CALLER + "2"), Responded.done(), Duration.ZERO))
        .isInstanceOf(Responded.class);
    first.end(End.ABORTED);
    assertThat(run(exchange("SELECT 1", CALLER), Responded.done(), Duration.ZERO))
        .isInstanceOf(Responded.class);
  }

  @Test
  void aFullBulkheadLetsWaitAndThenRefuses() {
    Policy policy = new Policy();
    policy.bulkhead = new DatabasePolicy.Bulkhead(1, Duration.ofMillis(50));
    publish(policy);
    Exchange first = exchange("SELECT 1", null);
    Attempt running = (Attempt) first.begin();
    Exchange second = exchange("SELECT 1", null);
    assertThat(second.begin()).isInstanceOf(Wait.class);
    first.onOutcome(running, Responded.done());
    first.end(End.COMPLETE);
    assertThat(second.onTime()).isInstanceOf(Attempt.class);

    Exchange third = exchange("SELECT 1", null);
    assertThat(third.begin()).isInstanceOf(Wait.class);
    time.advance(Duration.ofMillis(51));
    assertThat(code(third.onTime())).isEqualTo("SELV-6022");
    third.end(End.ABORTED);
    second.end(End.ABORTED);
    assertThat(run("SELECT 1")).as("no place is lost").isInstanceOf(Responded.class);
  }

  @Test
  void thePoliciesTimeoutIsTheStatements() {
    Policy policy = new Policy();
    policy.statements = new DatabasePolicy.Statements(Duration.ofMillis(700), false, Set.of());
    publish(policy);
    Attempt attempt = (Attempt) exchange("SELECT 1", null).begin();
    assertThat(attempt.remainingNanos()).isEqualTo(700_000_000L);
    MeshContext hurried = new MeshContext(null, time.nanos() + 5_000_000, null, null);
    StatementCall call = new StatementCall("postgresql", "db", 5432, "shop", "SELECT 1");
    Attempt sooner = (Attempt) engine.statement(call, hurried).begin();
    assertThat(sooner.remainingNanos()).isEqualTo(5_000_000L);
  }

  @Test
  void theBreakerIsThePolicies() {
    Policy policy = new Policy();
    policy.breaker =
        new DatabasePolicy.Breaker(
            0.5, 1.0, Duration.ofMillis(100), 4, 4, Duration.ofSeconds(30), 1);
    publish(policy);
    for (int i = 0; i < 4; i++) {
      run(exchange("SELECT 1", null), Responded.done(), Duration.ofMillis(150));
    }
    assertThat(code(run("SELECT 1"))).isEqualTo("SELV-6020");
    time.advance(Duration.ofSeconds(31));
    assertThat(run("SELECT 1")).isInstanceOf(Responded.class);
    assertThat(engine.statementBreakers()).containsEntry("postgresql://db:5432", "CLOSED");
  }

  @Test
  void auditIsOneLineAKindAndIntervalWithoutLiterals() {
    Policy policy = new Policy();
    policy.audit = new DatabasePolicy.Audit(100, Duration.ofSeconds(60), 100);
    publish(policy);
    for (int i = 0; i < 5; i++) {
      Exchange x = exchange("UPDATE t SET a = 'secret" + i + "' WHERE id = " + i, CALLER);
      ((StatementFacts) x.facts()).rows = 2;
      run(x, Responded.done(), Duration.ofMillis(3));
    }
    assertThat(audit).hasSize(1);
    assertThat(audit.get(0).digest()).isEqualTo("UPDATE t SET a = ? WHERE id = ?");
    assertThat(audit.get(0).caller()).isEqualTo(CALLER);
    assertThat(audit.get(0).effect()).isEqualTo("WRITE");
    assertThat(audit.get(0).tables()).containsExactly("t");
    assertThat(audit.get(0).server()).isEqualTo("postgresql://db:5432");
    time.advance(Duration.ofSeconds(60));
    Exchange x = exchange("UPDATE t SET a = 'x' WHERE id = 9", CALLER);
    run(x, new Failed(Failed.Kind.LOCAL, null), Duration.ofMillis(7));
    assertThat(audit).hasSize(2);
    assertThat(audit.get(1).count()).isEqualTo(5);
    assertThat(audit.get(1).failed()).isEqualTo(1);
    assertThat(audit.get(1).rows()).isEqualTo(8);
    assertThat(audit.get(1).maxNanos()).isEqualTo(7_000_000);
    assertThat(audit.toString()).doesNotContain("secret");
  }

  @Test
  void auditIsBoundedInKindsAndInLines() {
    Policy policy = new Policy();
    policy.audit = new DatabasePolicy.Audit(10, Duration.ofSeconds(60), 5);
    publish(policy);
    for (int i = 0; i < 500; i++) {
      run(exchange("SELECT c" + i + " FROM t", CALLER), Responded.done(), Duration.ZERO);
    }
    assertThat(audit).hasSize(5);
    time.advance(Duration.ofSeconds(1));
    run(exchange("SELECT c999 FROM t", CALLER), Responded.done(), Duration.ZERO);
    assertThat(audit).hasSize(6);
    assertThat(audit.get(5).digest()).isEqualTo("others");
    assertThat(audit.get(5).suppressed()).isPositive();
  }

  @Test
  void aRefusedWriteIsInTheAudit() {
    Policy policy = noWrites();
    policy.audit = new DatabasePolicy.Audit(10, Duration.ofSeconds(60), 5);
    publish(policy);
    run(exchange("DELETE FROM t WHERE a = 'secret'", CALLER), Responded.done(), Duration.ZERO);
    assertThat(audit).hasSize(1);
    assertThat(audit.get(0).failed()).isEqualTo(1);
  }
}
