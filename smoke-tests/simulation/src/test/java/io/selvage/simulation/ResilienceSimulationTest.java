package io.selvage.simulation;

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
import io.selvage.engine.flow.ResponseHead;
import io.selvage.engine.flow.Wait;
import io.selvage.engine.model.ConnectionLimits;
import io.selvage.engine.stack.Engine;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Time-outs, retries, faults and limits as users write them, carried out by the caller's engine.
 */
class ResilienceSimulationTest {
  private static final String TCP = "field=DestinationRule.trafficPolicy.connectionPool.tcp.";
  private static final String HTTP = "field=DestinationRule.trafficPolicy.connectionPool.http.";
  private static final String BUDGET = "field=DestinationRule.trafficPolicy.retryBudget.";

  private static SimulatedMesh mesh(String... documents) {
    SimulatedMesh mesh =
        new SimulatedMesh()
            .workload("productpage", "v1", 9080, "http")
            .workload("reviews", "v1", 9080, "http")
            .workload("reviews", "v2", 9080, "http")
            .workload("reviews", "v3", 9080, "http");
    for (String document : documents) {
      mesh.with(document);
    }
    return mesh;
  }

  private static String route(String settings) {
    return """
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: reviews}
        spec:
          hosts: [reviews]
          http:
          - route: [{destination: {host: reviews}}]
        """
        + settings.indent(4);
  }

  private static String policy(String settings) {
    return """
        apiVersion: networking.istio.io/v1
        kind: DestinationRule
        metadata: {name: reviews}
        spec:
          host: reviews
          trafficPolicy:
        """
        + settings.indent(4);
  }

  private static Exchange call(Engine engine) {
    Line line = new Line("GET", "reviews:9080", "/");
    return engine.outbound(line, "reviews", 9080, MeshContext.NONE);
  }

  private static Outcome answer(int status) {
    return new Responded(
        new ResponseHead(status) {
          @Override
          protected String original(String name) {
            return null;
          }
        });
  }

  /** Attempts of a call that always ends so. */
  private static List<Attempt> attempts(Engine engine, Outcome outcome) {
    Exchange x = call(engine);
    List<Attempt> made = new ArrayList<>();
    Action next = x.begin();
    while (!(next instanceof Outcome)) {
      if (next instanceof Attempt attempt) {
        made.add(attempt);
        next = x.onOutcome(attempt, outcome);
      } else {
        Thread.onSpinWait();
        next = x.onTime();
      }
    }
    x.end(End.COMPLETE);
    return made;
  }

  private static long millis(long nanos) {
    return TimeUnit.NANOSECONDS.toMillis(nanos);
  }

  // ---- VirtualService

  @Test
  @Tag("field=VirtualService.http.timeout")
  void timeoutBoundsTheRequest() {
    Exchange x = call(mesh(route("timeout: 2s")).engineOf("productpage"));
    x.begin();
    assertThat(millis(x.deadlineNanos() - x.startNanos())).isBetween(2_000L, 3_000L);
    Exchange unbounded = call(mesh(route("timeout: 0s")).engineOf("productpage"));
    unbounded.begin();
    assertThat(unbounded.deadlineNanos()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  @Tag("field=VirtualService.http.retries.attempts")
  @Tag("field=VirtualService.http.retries.retryOn")
  void retriesAreMadeOnWhatTheRouteSays() {
    Engine engine =
        mesh(route("retries: {attempts: 4, retryOn: 'gateway-error,418', backoff: 1ms}"))
            .engineOf("productpage");
    assertThat(attempts(engine, answer(503))).hasSize(5);
    assertThat(attempts(engine, answer(418))).hasSize(5);
    assertThat(attempts(engine, answer(500))).hasSize(1);
    Engine none = mesh(route("retries: {attempts: 0}")).engineOf("productpage");
    assertThat(attempts(none, new Failed(Failed.Kind.CONNECT, null))).hasSize(1);
    Engine standard = mesh().engineOf("productpage");
    assertThat(attempts(standard, new Failed(Failed.Kind.CONNECT, null))).hasSize(3);
    assertThat(attempts(standard, answer(503))).hasSize(1);
  }

  @Test
  @Tag("field=VirtualService.http.retries.perTryTimeout")
  void perTryTimeoutBoundsEachAttempt() {
    Exchange x =
        call(
            mesh(route("retries: {attempts: 1, perTryTimeout: 3s, retryOn: 5xx}"))
                .engineOf("productpage"));
    Attempt attempt = (Attempt) x.begin();
    assertThat(millis(attempt.deadlineNanos() - attempt.startedNanos())).isEqualTo(3_000);
    assertThat(x.deadlineNanos()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  @Tag("field=VirtualService.http.retries.backoff")
  void backOffGrowsFromTheRoutesBase() {
    Engine engine =
        mesh(route("retries: {attempts: 1, retryOn: 5xx, backoff: 60s}")).engineOf("productpage");
    long longest = 0;
    for (int i = 0; i < 40; i++) {
      Exchange x = call(engine);
      Wait wait = (Wait) x.onOutcome((Attempt) x.begin(), answer(503));
      longest = Math.max(longest, millis(wait.untilNanos() - x.now()));
      x.end(End.ABORTED);
    }
    assertThat(longest).isBetween(20_000L, 60_000L);
  }

  @Test
  @Tag("field=VirtualService.http.retries.retryIgnorePreviousHosts")
  void retriesAvoidHostsThatWereTriedUnlessToldNotTo() {
    String retries = "retries: {attempts: 2, retryOn: 5xx, backoff: 1ms%s}";
    Engine avoiding = mesh(route(retries.formatted(""))).engineOf("productpage");
    for (int i = 0; i < 20; i++) {
      assertThat(attempts(avoiding, answer(503)).stream().map(Attempt::endpoint).distinct())
          .hasSize(3);
    }
    Engine careless =
        mesh(
                route(retries.formatted(", retryIgnorePreviousHosts: false")),
                policy("loadBalancer: {simple: RANDOM}"))
            .engineOf("productpage");
    boolean again = false;
    for (int i = 0; i < 100; i++) {
      again |=
          attempts(careless, answer(503)).stream().map(Attempt::endpoint).distinct().count() < 3;
    }
    assertThat(again).isTrue();
  }

  @Test
  @Tag("field=VirtualService.http.retries.retryRemoteLocalities")
  void retriesGoToOtherLocalitiesWhereTheRouteSaysSo() {
    String rule =
        """
        apiVersion: networking.istio.io/v1
        kind: DestinationRule
        metadata: {name: reviews}
        spec:
          host: reviews
          trafficPolicy:
            loadBalancer: {localityLbSetting: {enabled: true, failover: [{from: r1, to: r2}]}}
            outlierDetection: {consecutive5xxErrors: 1000}
        """;
    String retries = "retries: {attempts: 3, retryOn: 5xx, backoff: 1ms%s}";
    for (boolean remote : List.of(true, false)) {
      Engine engine =
          new SimulatedMesh()
              .workload("default", "productpage", "v1", 9080, "http", "r1/z1")
              .workload("default", "reviews", "v1", 9080, "http", "r1/z1")
              .workload("default", "reviews", "v2", 9080, "http", "r2/z2")
              .with(rule)
              .with(route(retries.formatted(remote ? ", retryRemoteLocalities: true" : "")))
              .engineOf("productpage");
      assertThat(attempts(engine, answer(503)).stream().map(Attempt::endpoint).distinct())
          .hasSize(remote ? 2 : 1);
    }
  }

  @Test
  @Tag("field=VirtualService.http.fault.abort.httpStatus")
  @Tag("field=VirtualService.http.fault.abort.percentage")
  void abortsAnswerInTheUpstreamsPlace() {
    Engine all =
        mesh(route("fault: {abort: {httpStatus: 418, percentage: {value: 100}}}"))
            .engineOf("productpage");
    Rejection refusal = (Rejection) call(all).begin();
    assertThat(refusal.httpStatus()).isEqualTo(418);
    assertThat(refusal.flag()).isEqualTo("FI");
    Engine none =
        mesh(route("fault: {abort: {httpStatus: 418, percentage: {value: 0}}}"))
            .engineOf("productpage");
    assertThat(call(none).begin()).isInstanceOf(Attempt.class);
  }

  @Test
  @Tag("field=VirtualService.http.fault.abort.grpcStatus")
  void abortsWithAGrpcStatus() {
    Engine engine =
        mesh(route("fault: {abort: {grpcStatus: UNAVAILABLE}}")).engineOf("productpage");
    assertThat(((Rejection) call(engine).begin()).grpcStatus()).isEqualTo(14);
  }

  @Test
  @Tag("field=VirtualService.http.fault.delay.fixedDelay")
  @Tag("field=VirtualService.http.fault.delay.percentage")
  @Tag("field=VirtualService.http.fault.delay.percent")
  void delaysHoldTheRequestBack() {
    for (String share : List.of("percentage: {value: 100}", "percent: 100")) {
      Engine all =
          mesh(route("fault: {delay: {fixedDelay: 7s, " + share + "}}")).engineOf("productpage");
      Exchange x = call(all);
      Wait wait = (Wait) x.begin();
      assertThat(millis(wait.untilNanos() - x.startNanos())).isBetween(7_000L, 8_000L);
    }
    Engine none =
        mesh(route("fault: {delay: {fixedDelay: 7s, percentage: {value: 0}}}"))
            .engineOf("productpage");
    assertThat(call(none).begin()).isInstanceOf(Attempt.class);
  }

  // ---- DestinationRule

  private static ConnectionLimits limits(String settings) {
    Exchange x = call(mesh(policy(settings)).engineOf("productpage"));
    return ((Attempt) x.begin()).connectionLimits();
  }

  @Test
  @Tag(TCP + "maxConnections")
  @Tag(TCP + "connectTimeout")
  @Tag(TCP + "maxConnectionDuration")
  @Tag(TCP + "tcpKeepalive.probes")
  @Tag(TCP + "tcpKeepalive.time")
  @Tag(TCP + "tcpKeepalive.interval")
  void connectionsKeepToTheirPool() {
    ConnectionLimits limits =
        limits(
            """
            connectionPool:
              tcp:
                maxConnections: 7
                connectTimeout: 3s
                maxConnectionDuration: 60s
                tcpKeepalive: {probes: 4, time: 50s, interval: 6s}
            """);
    assertThat(limits.maxConnections()).isEqualTo(7);
    assertThat(limits.connectTimeout()).isEqualTo(Duration.ofSeconds(3));
    assertThat(limits.maxConnectionDuration()).isEqualTo(Duration.ofSeconds(60));
    assertThat(limits.tcpKeepalive())
        .isEqualTo(
            new ConnectionLimits.TcpKeepalive(4, Duration.ofSeconds(50), Duration.ofSeconds(6)));
  }

  @Test
  @Tag(HTTP + "http1MaxPendingRequests")
  @Tag(HTTP + "maxRequestsPerConnection")
  @Tag(HTTP + "idleTimeout")
  void requestsKeepToTheirPool() {
    ConnectionLimits limits =
        limits(
            """
            connectionPool:
              http: {http1MaxPendingRequests: 5, maxRequestsPerConnection: 9, idleTimeout: 11s}
            """);
    assertThat(limits.maxPending()).isEqualTo(5);
    assertThat(limits.maxRequestsPerConnection()).isEqualTo(9);
    assertThat(limits.idleTimeout()).isEqualTo(Duration.ofSeconds(11));
  }

  @Test
  @Tag(HTTP + "maxConcurrentStreams")
  @Tag(HTTP + "h2UpgradePolicy")
  void streamsKeepToTheirPool() {
    ConnectionLimits limits =
        limits("connectionPool: {http: {h2UpgradePolicy: UPGRADE, maxConcurrentStreams: 12}}");
    assertThat(limits.maxConcurrentStreams()).isEqualTo(12);
  }

  private static int underWay(Engine engine) {
    int taken = 0;
    for (; taken < 50 && call(engine).begin() instanceof Attempt; taken++) {
      // each is left under way
    }
    return taken;
  }

  @Test
  @Tag(HTTP + "http2MaxRequests")
  @Tag("field=DestinationRule.trafficPolicy.portLevelSettings.connectionPool")
  void requestsBeyondTheLimitAreRefused() {
    Engine all =
        mesh(policy("connectionPool: {http: {http2MaxRequests: 3}}")).engineOf("productpage");
    assertThat(underWay(all)).isEqualTo(3);
    assertThat(((Rejection) call(all).begin()).flag()).isEqualTo("UO");
    Engine port =
        mesh(policy(
                """
                    portLevelSettings:
                    - port: {number: 9080}
                      connectionPool: {http: {http2MaxRequests: 2}}
                    """))
            .engineOf("productpage");
    assertThat(underWay(port)).isEqualTo(2);
  }

  /** How many calls may wait for a retry at the same time. */
  private static int retrying(Engine engine, int calls) {
    List<Exchange> all = new ArrayList<>();
    List<Attempt> sent = new ArrayList<>();
    for (int i = 0; i < calls; i++) {
      Exchange x = call(engine);
      all.add(x);
      sent.add((Attempt) x.begin());
    }
    int waiting = 0;
    for (int i = 0; i < calls; i++) {
      waiting += all.get(i).onOutcome(sent.get(i), answer(503)) instanceof Wait ? 1 : 0;
    }
    all.forEach(x -> x.end(End.ABORTED));
    return waiting;
  }

  private static final String PATIENT = "retries: {attempts: 1, retryOn: 5xx, backoff: 60s}";

  @Test
  @Tag(HTTP + "maxRetries")
  void retriesAtOnceAreLimited() {
    Engine engine =
        mesh(route(PATIENT), policy("connectionPool: {http: {maxRetries: 2}}"))
            .engineOf("productpage");
    assertThat(retrying(engine, 10)).isEqualTo(2);
  }

  @Test
  @Tag(BUDGET + "percent")
  @Tag(BUDGET + "minRetryConcurrency")
  void retryBudgetIsAShareOfWhatIsUnderWay() {
    Engine least =
        mesh(route(PATIENT), policy("retryBudget: {percent: 10, minRetryConcurrency: 4}"))
            .engineOf("productpage");
    assertThat(retrying(least, 10)).isEqualTo(4);
    Engine share =
        mesh(route(PATIENT), policy("retryBudget: {percent: 50, minRetryConcurrency: 1}"))
            .engineOf("productpage");
    // the n-th retry is allowed while n is at most half of what is still under way
    assertThat(retrying(share, 20)).isBetween(6, 10);
  }
}
