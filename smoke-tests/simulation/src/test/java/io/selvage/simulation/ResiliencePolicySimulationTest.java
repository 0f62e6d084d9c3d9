package io.selvage.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Failed;
import io.selvage.engine.flow.MeshContext;
import io.selvage.engine.flow.Peer;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.model.Cluster;
import io.selvage.engine.stack.Engine;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** ResiliencePolicy as users write it, carried out in the caller. */
class ResiliencePolicySimulationTest {
  private static Engine productpage(String sections) {
    return new SimulatedMesh()
        .workload("productpage", "v1", 9080, "http")
        .workload("reviews", "v1", 9080, "http")
        .workload("ratings", "v1", 9080, "http")
        .with(
            """
            apiVersion: selvage.io/v1
            kind: ResiliencePolicy
            metadata: {name: careful}
            spec:
              targetRefs: [{kind: Service, name: reviews}]
            """
                + sections.indent(2))
        .engineOf("productpage");
  }

  private static Exchange begin(Engine engine, String host, String path) {
    return engine.outbound(new Line("GET", host + ":9080", path), host, 9080, MeshContext.NONE);
  }

  /** True when it was sent; it then fails. */
  private static boolean fails(Engine engine, String host, String path) {
    Exchange x = begin(engine, host, path);
    Action next = x.begin();
    if (next instanceof Attempt attempt) {
      x.onOutcome(attempt, new Failed(Failed.Kind.TIMEOUT, null));
    }
    x.end(End.ABORTED);
    return next instanceof Attempt;
  }

  @Test
  void aBreakerOpensForItsServiceAndOperationOnly() {
    Engine engine =
        productpage(
            """
            circuitBreaker:
              slidingWindowSize: 4
              minimumNumberOfCalls: 4
              waitDurationInOpenState: 1h
              operations: [{name: search, methods: [GET], pathPrefix: /search}]
            """);
    for (int i = 0; i < 4; i++) {
      assertThat(fails(engine, "reviews", "/search")).isTrue();
      assertThat(fails(engine, "ratings", "/search")).isTrue();
    }
    Exchange refused = begin(engine, "reviews", "/search");
    assertThat(refused.begin()).isInstanceOf(Rejection.class);
    Rejection why = (Rejection) refused.outcome();
    assertThat(why.code()).isEqualTo("SELV-6041");
    assertThat(why.detail()).contains("default/careful", "search");
    assertThat(fails(engine, "reviews", "/")).isTrue();
    assertThat(fails(engine, "ratings", "/search")).isTrue();
    assertThat(engine.explain(new Line("GET", "reviews:9080", "/search"), "reviews", 9080))
        .satisfies(e -> assertThat(e.rejectedBy()).isEqualTo("Breaker"));
  }

  private static int begun(Engine engine, String host) {
    int begun = 0;
    while (begun < 50 && begin(engine, host, "/").begin() instanceof Attempt) {
      begun++;
    }
    return begun;
  }

  @Test
  void concurrencyThatFollowsLatencyBeginsWithItsLeast() {
    String section = "adaptiveConcurrency: {minRtt: {minConcurrency: 7}}";
    Engine caller = productpage(section);
    assertThat(begun(caller, "reviews")).isEqualTo(7);
    assertThat(begun(caller, "ratings")).isEqualTo(50);
    assertThat(begin(caller, "reviews", "/").begin())
        .isInstanceOfSatisfying(
            Rejection.class, r -> assertThat(r.detail()).contains("SELV-6044", "default/careful"));
  }

  @Test
  void callersHaveRatesOfTheirOwn() {
    Engine server =
        new SimulatedMesh()
            .workload("reviews", "v1", 9080, "http")
            .with(
                """
                apiVersion: selvage.io/v1
                kind: ResiliencePolicy
                metadata: {name: careful}
                spec:
                  selector: {matchLabels: {app: reviews}}
                  rateLimit:
                    responseHeaders: true
                    rules:
                    - {namespaces: [reports], by: PRINCIPAL, requests: 2, interval: 1h}
                    - {by: HEADER, header: x-tenant, requests: 3, interval: 1h, burst: 4}
                """)
            .engineOf("reviews");
    assertThat(served(server, "reports", "x-tenant", "a")).isEqualTo(2);
    // two that the first rule let through took from the tenant's rate
    assertThat(served(server, "shop", "x-tenant", "a")).isEqualTo(2);
    assertThat(served(server, "shop", "x-tenant", "b")).isEqualTo(4);
  }

  private static int served(Engine server, String namespace, String... headers) {
    Peer peer =
        new Peer(
            "10.9.9.9",
            40000,
            "10.0.0.1",
            9080,
            true,
            "spiffe://cluster.local/ns/" + namespace + "/sa/x",
            null,
            null);
    int served = 0;
    for (int i = 0; i < 9; i++) {
      Exchange x = server.inbound(new Line("GET", "reviews:9080", "/", headers), peer);
      if (x.begin() instanceof Attempt) {
        served++;
      } else {
        assertThat(((Rejection) x.outcome()).code()).isEqualTo("SELV-6045");
        assertThat(((Rejection) x.outcome()).headers()).containsEntry("x-ratelimit-remaining", "0");
      }
      x.end(End.ABORTED);
    }
    return served;
  }

  @Test
  void aWorkloadServesAsManyAtOnceAsItsPolicySays() {
    Engine server =
        new SimulatedMesh()
            .workload("reviews", "v1", 9080, "http")
            .with(
                """
                apiVersion: selvage.io/v1
                kind: ResiliencePolicy
                metadata: {name: careful}
                spec:
                  selector: {matchLabels: {app: reviews}}
                  adaptiveConcurrency: {minRtt: {minConcurrency: 4}}
                """)
            .engineOf("reviews");
    Peer peer = new Peer("10.9.9.9", 40000, "10.0.0.1", 9080, false, null, null, null);
    for (int i = 0; i < 4; i++) {
      assertThat(server.inbound(new Line("GET", "reviews:9080", "/"), peer).begin())
          .isInstanceOf(Attempt.class);
    }
    assertThat(server.inbound(new Line("GET", "reviews:9080", "/"), peer).begin())
        .isInstanceOfSatisfying(Rejection.class, r -> assertThat(r.code()).isEqualTo("SELV-6044"));
  }

  @Test
  void theBalancerIsThePolicysForItsServiceAlone() {
    Map<String, Cluster> clusters =
        new SimulatedMesh()
            .workload("productpage", "v1", 9080, "http")
            .workload("reviews", "v1", 9080, "http")
            .workload("ratings", "v1", 9080, "http")
            .with(
                """
                apiVersion: selvage.io/v1
                kind: ResiliencePolicy
                metadata: {name: careful}
                spec:
                  targetRefs: [{kind: Service, name: reviews}]
                  loadBalancer: {simple: PEAK_EWMA, decayTime: 2s}
                """)
            .configOf("productpage")
            .clusters();
    assertThat(clusters.get("outbound|9080||reviews.default.svc.cluster.local").balancer())
        .isEqualTo(new Cluster.PeakEwma(Duration.ofSeconds(2), Duration.ofMillis(10), 1_000_000));
    assertThat(clusters.get("outbound|9080||ratings.default.svc.cluster.local").balancer())
        .isNotInstanceOf(Cluster.PeakEwma.class);
  }

  @Test
  void hedgingIsForItsMethodsAlone() {
    Engine engine = productpage("hedging: {delay: 70ms, methods: [GET]}");
    assertThat(engine.explain(new Line("GET", "reviews:9080", "/"), "reviews", 9080).toString())
        .contains("sent once more after 70 ms");
    assertThat(engine.explain(new Line("POST", "reviews:9080", "/"), "reviews", 9080).toString())
        .doesNotContain("sent once more");
    Exchange x = begin(engine, "reviews", "/");
    x.allowForks();
    x.begin();
    // the mesh's default retry policy is what a hedge is paid by
    assertThat(x.wakeAtNanos() - x.startNanos()).isLessThan(Duration.ofMillis(500).toNanos());
    x.end(End.ABORTED);
  }

  @Test
  void aBulkheadBoundsWhatIsUnderWay() {
    Engine engine = productpage("bulkhead: {maxConcurrentCalls: 2}");
    List<Exchange> held = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      Exchange x = begin(engine, "reviews", "/");
      assertThat(x.begin()).isInstanceOf(Attempt.class);
      held.add(x);
    }
    Exchange third = begin(engine, "reviews", "/");
    assertThat(third.begin())
        .isInstanceOfSatisfying(Rejection.class, r -> assertThat(r.code()).isEqualTo("SELV-6042"));
    assertThat(begin(engine, "ratings", "/").begin()).isInstanceOf(Attempt.class);
    held.get(0).end(End.ABORTED);
    assertThat(begin(engine, "reviews", "/").begin()).isInstanceOf(Attempt.class);
  }
}
