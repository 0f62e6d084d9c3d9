package io.selvage.engine.stack;

import static io.selvage.engine.stack.Config.cluster;
import static io.selvage.engine.stack.Config.route;
import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Failed;
import io.selvage.engine.flow.MeshContext;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.flow.Responded;
import io.selvage.engine.flow.TraceContext;
import io.selvage.engine.model.CircuitBreakers;
import io.selvage.engine.model.HeaderMatch;
import io.selvage.engine.model.HeaderOps;
import io.selvage.engine.model.UpstreamTls;
import io.selvage.engine.model.WeightedCluster;
import io.selvage.engine.observing.Series;
import io.selvage.engine.observing.SpanRecord;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Raw connections and statements. */
class ConnectAndStatementTest {
  private static final UpstreamTls MESH =
      new UpstreamTls(true, "outbound_.5432_._.db", List.of(), List.of(), null, null, null, false);

  private static Config database() {
    return new Config()
        .name("db.default.svc.cluster.local", "240.240.0.9")
        .tcp("240.240.0.9", 5432, WeightedCluster.all("db"))
        .cluster(
            cluster("db", 1, 2)
                .tlsByMode(Map.of("istio", MESH))
                .breakers(new CircuitBreakers(2, 1, 1, 1, null)));
  }

  @Test
  void connectsByNameOrVirtualAddressToAnEndpointWithItsTls() {
    MeshTest mesh = new MeshTest(database());
    for (String host :
        List.of("db.default.svc.cluster.local", "DB.default.svc.cluster.local.", "240.240.0.9")) {
      MeshTest.Call call = mesh.connect(host, 5432);
      assertThat(call.port()).isBetween(1, 2);
      assertThat(call.sent.get(0).tls()).isEqualTo(MESH);
      call.reports(Responded.done()).end();
    }
    Series series = mesh.engine.series().all().iterator().next();
    assertThat(series.kind()).isEqualTo(Series.Kind.TCP);
    assertThat(series.opened()).isEqualTo(3);
    assertThat(series.count()).isEqualTo(3);
    assertThat(series.labels())
        .containsEntry("request_protocol", "tcp")
        .containsEntry("destination_service", "db.default.svc.cluster.local")
        .doesNotContainKey("response_code");
    assertThat(mesh.inFlight("db")).isZero();
  }

  @Test
  void limitsConnectionsUntilTheyClose() {
    MeshTest mesh = new MeshTest(database());
    MeshTest.Call a = mesh.connect("240.240.0.9", 5432).reports(Responded.done());
    mesh.connect("240.240.0.9", 5432).reports(Responded.done());
    assertThat(mesh.connect("240.240.0.9", 5432).rejection().flag()).isEqualTo("UO");
    a.end();
    assertThat(mesh.connect("240.240.0.9", 5432).sent).hasSize(1);
  }

  @Test
  void connectTimeIsBoundByTheCluster() {
    MeshTest mesh = new MeshTest(database());
    MeshTest.Call call = mesh.connect("240.240.0.9", 5432);
    mesh.advance(Duration.ofSeconds(10));
    assertThat(call.aborted).hasSize(1);
    assertThat(call.outcome).isInstanceOf(Failed.class);
    MeshTest.Call open = mesh.connect("240.240.0.9", 5432).reports(Responded.done());
    mesh.advance(Duration.ofSeconds(100));
    assertThat(open.aborted).isEmpty();
  }

  @Test
  void connectionToAnHttpPortTakesTheRouteOfAnyRequest() {
    MeshTest mesh =
        new MeshTest(
            Config.http(
                    route().header(HeaderMatch.exact("a", "b")).to("v1"),
                    route()
                        .to(
                            new WeightedCluster("v1", 0, HeaderOps.NONE, HeaderOps.NONE),
                            new WeightedCluster("v2", 1, HeaderOps.NONE, HeaderOps.NONE)))
                .cluster(cluster("v1", 1))
                .cluster(cluster("v2", 2)));
    assertThat(mesh.connect("reviews", 9080).port()).isEqualTo(2);
    assertThat(mesh.connect("unknown", 9080).rejection().flag()).isEqualTo("NR");
  }

  @Test
  void unknownHostsAreLeftAloneAndNotCounted() {
    MeshTest mesh = new MeshTest(database());
    MeshTest.Call call = mesh.connect("example.org", 443);
    assertThat(call.sent.get(0).endpoint()).isNull();
    call.reports(Responded.done()).end();
    assertThat(mesh.engine.series().all()).isEmpty();
    assertThat(mesh.log).isEmpty();
    MeshTest only = new MeshTest(database().registryOnly());
    assertThat(only.connect("example.org", 443).rejection().flag()).isEqualTo("BH");
  }

  @Test
  void explainsAConnection() {
    Explanation why = new MeshTest(database()).engine.explainConnect("240.240.0.9", 5432);
    assertThat(why.listener()).isEqualTo("240.240.0.9_5432");
    assertThat(why.cluster()).isEqualTo("db");
    assertThat(why.endpoints()).hasSize(2);
    assertThat(why.tls().sni()).isEqualTo("outbound_.5432_._.db");
  }

  // ---- statements

  private static final StatementCall SELECT =
      new StatementCall("postgresql", "db", 5432, "shop", "SELECT name FROM users WHERE id = 42");

  private static Outcome run(MeshTest mesh, Outcome result) {
    return run(mesh, MeshContext.NONE, result);
  }

  private static Outcome run(MeshTest mesh, MeshContext context, Outcome result) {
    Exchange x = mesh.engine.statement(SELECT, context);
    if (!(x.begin() instanceof Attempt attempt)) {
      Outcome refused = x.outcome();
      x.end(End.ABORTED);
      return java.util.Objects.requireNonNull(refused);
    }
    x.onOutcome(attempt, result);
    x.end(End.COMPLETE);
    return result;
  }

  @Test
  void statementInATraceIsASpanWithoutItsLiterals() {
    MeshTest mesh = new MeshTest(new Config());
    TraceContext trace =
        new TraceContext("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", true, "");
    run(mesh, MeshContext.NONE.withTrace(trace), Responded.done());
    SpanRecord span = mesh.spans.get(0);
    assertThat(span.name()).isEqualTo("SELECT users");
    assertThat(span.traceId()).isEqualTo(trace.traceId());
    assertThat(span.parentSpanId()).isEqualTo(trace.spanId());
    assertThat(span.attributes())
        .containsEntry("db.query.text", "SELECT name FROM users WHERE id = ?")
        .containsEntry("db.system.name", "postgresql")
        .containsEntry("db.namespace", "shop")
        .containsEntry("server.port", 5432L);
    assertThat(span.error()).isFalse();
  }

  @Test
  void statementOutsideOfATraceIsCountedOnly() {
    MeshTest mesh = new MeshTest(new Config());
    run(mesh, Responded.done());
    assertThat(mesh.spans).isEmpty();
    Series series = mesh.engine.series().all().iterator().next();
    assertThat(series.kind()).isEqualTo(Series.Kind.STATEMENT);
    assertThat(series.labels()).containsEntry("db_operation_name", "SELECT");
  }

  @Test
  void statementsTimeIsWhatIsLeftOfTheCallers() {
    MeshTest mesh = new MeshTest(new Config());
    MeshContext context = new MeshContext(null, mesh.time.nanos() + 5_000_000, null, null);
    Attempt attempt = (Attempt) mesh.engine.statement(SELECT, context).begin();
    assertThat(attempt.remainingNanos()).isEqualTo(5_000_000);
    mesh.advance(Duration.ofMillis(5));
    assertThat(mesh.engine.statement(SELECT, context).begin())
        .isEqualTo(new Failed(Failed.Kind.TIMEOUT, null));
  }

  @Test
  void breakerOpensOnTroubleWithTheServerAndClosesAgain() {
    MeshTest mesh = new MeshTest(new Config());
    for (int i = 0; i < 20; i++) {
      run(mesh, new Failed(Failed.Kind.RESET, null));
    }
    assertThat(mesh.engine.statementBreakers()).containsEntry("postgresql://db:5432", "OPEN");
    Outcome refused = run(mesh, Responded.done());
    assertThat(((Rejection) refused).code()).isEqualTo("SELV-6020");
    mesh.advance(Duration.ofSeconds(6));
    for (int i = 0; i < 5; i++) {
      assertThat(run(mesh, Responded.done())).isInstanceOf(Responded.class);
    }
    assertThat(mesh.engine.statementBreakers()).containsEntry("postgresql://db:5432", "CLOSED");
  }

  @Test
  void whatTheDatabaseRefusesDoesNotOpenTheBreaker() {
    MeshTest mesh = new MeshTest(new Config());
    for (int i = 0; i < 50; i++) {
      run(mesh, new Failed(Failed.Kind.LOCAL, new IllegalArgumentException("syntax")));
    }
    assertThat(mesh.engine.statementBreakers()).containsEntry("postgresql://db:5432", "CLOSED");
  }

  @Test
  void slowStatementsOpenTheBreaker() {
    MeshTest mesh = new MeshTest(new Config());
    for (int i = 0; i < 20; i++) {
      Exchange x = mesh.engine.statement(SELECT, MeshContext.NONE);
      Attempt attempt = (Attempt) x.begin();
      mesh.advance(Duration.ofSeconds(11));
      x.onOutcome(attempt, Responded.done());
      x.end(End.COMPLETE);
    }
    assertThat(mesh.engine.statementBreakers()).containsEntry("postgresql://db:5432", "OPEN");
  }
}
