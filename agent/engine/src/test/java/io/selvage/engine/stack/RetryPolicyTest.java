package io.selvage.engine.stack;

import static io.selvage.engine.stack.Config.cluster;
import static io.selvage.engine.stack.Config.route;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Failed;
import io.selvage.engine.flow.TestAnswer;
import io.selvage.engine.flow.TestHead;
import io.selvage.engine.model.CircuitBreakers;
import io.selvage.engine.model.HeaderMatch;
import io.selvage.engine.model.RetryPolicy;
import io.selvage.engine.model.RetryPolicy.Avoidance;
import io.selvage.engine.model.RetryPolicy.RateLimitedBackOff;
import io.selvage.engine.model.RetryPolicy.ResetHeader;
import io.selvage.engine.model.RoutingPriority;
import io.selvage.engine.model.VirtualHost.AttemptHeaders;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Fields of retry policies and the headers by which applications change them. */
class RetryPolicyTest {
  private static RetryPolicy policy(
      String on,
      @Nullable Duration perTryIdle,
      List<HeaderMatch> requestHeaders,
      @Nullable RateLimitedBackOff rateLimited) {
    return new RetryPolicy(
        Set.of(on.split(",")),
        2,
        null,
        Set.of(),
        List.of(),
        ofMillis(25),
        ofMillis(250),
        false,
        1,
        false,
        perTryIdle,
        requestHeaders,
        rateLimited,
        Avoidance.NONE);
  }

  private static MeshTest mesh(Config.RouteBuilder route) {
    return new MeshTest(Config.http(route).cluster(cluster("reviews", 1, 2, 3)));
  }

  private static TestHead get(String... headers) {
    TestHead head = TestHead.get("reviews:9080", "/");
    for (int i = 0; i < headers.length; i += 2) {
      head.with(headers[i], headers[i + 1]);
    }
    return head;
  }

  /** Attempts until the call is over, when all are answered so. */
  private static int attempts(MeshTest mesh, TestHead head, int status) {
    MeshTest.Call call = mesh.call(head);
    while (call.outcome == null) {
      call.answers(status);
      mesh.advance(ofSeconds(1));
    }
    call.end();
    return call.sent.size();
  }

  // ---- what the application's headers ask for

  @Test
  void applicationMayAskForRetriesWhereTheRouteHasNone() {
    MeshTest mesh = mesh(route());
    assertThat(attempts(mesh, get(), 503)).isOne();
    assertThat(attempts(mesh, get("x-envoy-retry-on", "5xx"), 503)).isEqualTo(2);
    assertThat(attempts(mesh, get("x-envoy-retry-on", "retriable-4xx, 5xx"), 409)).isEqualTo(2);
    assertThat(attempts(mesh, get("x-envoy-retry-on", "unavailable"), 503)).isOne();
    assertThat(attempts(mesh, get("x-envoy-retry-on", "5xx", "x-envoy-max-retries", "4"), 500))
        .isEqualTo(5);
    assertThat(attempts(mesh, get("x-envoy-max-retries", "4"), 500)).isOne();
  }

  @Test
  void headersAddToTheRoutesPolicy() {
    MeshTest mesh = mesh(route().retries(1).on("gateway-error"));
    assertThat(attempts(mesh, get(), 500)).isOne();
    assertThat(attempts(mesh, get("x-envoy-retry-on", "5xx"), 500)).isEqualTo(2);
    assertThat(attempts(mesh, get("x-envoy-max-retries", "3"), 502)).isEqualTo(4);
    assertThat(attempts(mesh, get("x-envoy-max-retries", "0"), 502)).isOne();
    assertThat(attempts(mesh, get("x-envoy-max-retries", "none"), 502)).isEqualTo(2);
  }

  @Test
  void codesAndHeaderNamesMayBeAsked() {
    MeshTest mesh = mesh(route());
    TestHead codes =
        get(
            "x-envoy-retry-on",
            "retriable-status-codes",
            "x-envoy-retriable-status-codes",
            "418, 5");
    assertThat(attempts(mesh, codes, 418)).isEqualTo(2);
    TestHead names =
        get("x-envoy-retry-on", "retriable-headers", "x-envoy-retriable-header-names", "X-Again");
    MeshTest.Call call = mesh.call(names).reports(TestAnswer.with(200, "x-again", ""));
    mesh.advance(ofSeconds(1));
    assertThat(call.sent).hasSize(2);
  }

  @Test
  void grpcTokensHaveAHeaderOfTheirOwn() {
    MeshTest mesh = mesh(route());
    TestHead head = TestHead.grpc("reviews", "/s/m").with("x-envoy-retry-grpc-on", "unavailable");
    MeshTest.Call call = mesh.call(head).reports(TestAnswer.grpc(14));
    mesh.advance(ofSeconds(1));
    assertThat(call.sent).hasSize(2);
    TestHead wrong = TestHead.grpc("reviews", "/s/m").with("x-envoy-retry-grpc-on", "5xx");
    assertThat(mesh.call(wrong).answers(503).outcome).isNotNull();
  }

  @Test
  void headersGoNoFurther() {
    List<String> names =
        List.of(
            "x-envoy-retry-on",
            "x-envoy-retry-grpc-on",
            "x-envoy-max-retries",
            "x-envoy-retriable-status-codes",
            "x-envoy-retriable-header-names",
            "x-envoy-hedge-on-per-try-timeout",
            "x-envoy-upstream-rq-timeout-ms",
            "x-envoy-upstream-rq-per-try-timeout-ms",
            "x-envoy-upstream-stream-duration-ms",
            "x-envoy-upstream-rq-timeout-alt-response");
    for (String name : names) {
      MeshTest.Call call = mesh(route()).call(get(name, "1"));
      assertThat(call.head().header(name)).as(name).isNull();
    }
  }

  @Test
  void perTryTimeoutMayBeAsked() {
    MeshTest mesh = mesh(route().retries(1).on("5xx").timeout(ofSeconds(1)));
    MeshTest.Call call = mesh.call(get("x-envoy-upstream-rq-per-try-timeout-ms", "100"));
    assertThat(call.head().header("x-envoy-expected-rq-timeout-ms")).isEqualTo("100");
    mesh.advance(ofMillis(130));
    assertThat(call.sent).hasSize(2);
  }

  @Test
  void perTryTimeoutThatIsNoShorterThanTheRequestsIsNone() {
    MeshTest mesh = mesh(route().retries(1).on("5xx").perTry(ofMillis(300)).timeout(ofMillis(300)));
    MeshTest.Call call = mesh.get("/");
    mesh.advance(ofMillis(300));
    assertThat(call.sent).hasSize(1);
    assertThat(call.rejection().flag()).isEqualTo("UT");
    assertThat(mesh.log.get(0).responseFlags()).isEqualTo("UT");
  }

  @Test
  void timeoutMayBeAnsweredWithoutContent() {
    MeshTest mesh = mesh(route().timeout(ofMillis(100)));
    MeshTest.Call call = mesh.call(get("x-envoy-upstream-rq-timeout-alt-response", "1"));
    mesh.advance(ofMillis(100));
    assertThat(call.rejection().httpStatus()).isEqualTo(204);
    assertThat(call.rejection().flag()).isEqualTo("UT");
  }

  // ---- fields of the policy

  @Test
  void requestsThatMatchNoRetriableHeaderAreNotRepeated() {
    RetryPolicy policy = policy("5xx", null, List.of(HeaderMatch.exact("x-safe", "yes")), null);
    MeshTest mesh = mesh(route().retry(policy));
    assertThat(attempts(mesh, get(), 503)).isOne();
    assertThat(attempts(mesh, get("x-safe", "yes"), 503)).isEqualTo(3);
    assertThat(attempts(mesh, get("x-envoy-retry-on", "5xx"), 503)).isOne();
  }

  @Test
  void policyWithoutRetriesSaysThatTheLimitIsReached() {
    MeshTest mesh = mesh(route().retries(0).on("5xx"));
    mesh.get("/").answers(503).end();
    mesh.get("/").answers(404).end();
    assertThat(mesh.log.get(0).responseFlags()).isEqualTo("URX");
    assertThat(mesh.log.get(1).responseFlags()).isEqualTo("-");
  }

  @Test
  void limitAndFailureAreBothTold() {
    MeshTest mesh = mesh(route().retries(0).on("reset"));
    mesh.get("/").fails(Failed.Kind.RESET);
    assertThat(mesh.log.get(0).responseFlags()).isEqualTo("URX,UC");
  }

  @ParameterizedTest
  @CsvSource({
    "retry-after, false, 3, 3000, 4500",
    "retry-after, false, 0, 0, 25",
    "retry-after, false, soon, 0, 25",
    "retry-after, false, 301, 0, 25",
    "x-ratelimit-reset, true, 1005, 5000, 7500",
    "x-ratelimit-reset, true, 999, 0, 25",
    "x-other, false, 3, 0, 25"
  })
  void answersMaySayWhenToComeBack(
      String name, boolean timestamp, String value, long least, long most) {
    RateLimitedBackOff how =
        new RateLimitedBackOff(
            List.of(new ResetHeader("x-nothing", false), new ResetHeader(name, timestamp)),
            ofSeconds(300));
    if (name.equals("x-other")) {
      how = new RateLimitedBackOff(List.of(new ResetHeader("retry-after", false)), ofSeconds(300));
    }
    for (int seed = 0; seed < 50; seed++) {
      MeshTest mesh =
          new MeshTest(
              Config.http(route().retry(policy("5xx", null, List.of(), how)))
                  .cluster(cluster("reviews", 1)),
              seed);
      mesh.advance(ofSeconds(1_000).minusNanos(mesh.time.nanos()));
      MeshTest.Call call = mesh.get("/").reports(TestAnswer.with(503, name, value));
      long wait = call.exchange.wakeAtNanos() - mesh.time.nanos();
      assertThat(wait).isBetween(least * 1_000_000, most * 1_000_000);
    }
  }

  @Test
  void silentAttemptIsRepeated() {
    MeshTest mesh = mesh(route().retry(policy("5xx", ofMillis(100), List.of(), null)));
    MeshTest.Call call = mesh.get("/");
    mesh.advance(ofMillis(100));
    assertThat(call.aborted).hasSize(1);
    mesh.advance(ofMillis(25));
    assertThat(call.sent).hasSize(2);
  }

  @Test
  void resetBeforeTheRequestLooksAtWhatWasSent() {
    MeshTest mesh = mesh(route().retries(1).on("reset-before-request"));
    MeshTest.Call before = mesh.get("/").fails(Failed.Kind.RESET);
    mesh.advance(ofSeconds(1));
    assertThat(before.sent).hasSize(2);
    MeshTest.Call refused = mesh.get("/").fails(Failed.Kind.REFUSED);
    mesh.advance(ofSeconds(1));
    assertThat(refused.sent).hasSize(2);
    MeshTest.Call after = mesh.get("/");
    after.sent.get(0).requestSent();
    after.fails(Failed.Kind.RESET);
    assertThat(after.outcome).isNotNull();
  }

  @Test
  void grpcStatusCountsInAnswersToOtherRequestsToo() {
    MeshTest mesh = mesh(route().retries(1).on("unavailable"));
    MeshTest.Call call = mesh.get("/").reports(TestAnswer.with(200, "grpc-status", "14"));
    mesh.advance(ofSeconds(1));
    assertThat(call.sent).hasSize(2);
  }

  @Test
  void retryWithoutBackOffTakesThePermitOfTheAttemptBefore() {
    for (int seed = 0; seed < 200; seed++) {
      MeshTest mesh =
          new MeshTest(
              Config.http(route().retries(3).on("5xx").backoff(Duration.ofNanos(1)))
                  .cluster(
                      cluster("reviews", 1)
                          .http2()
                          .breakers(new CircuitBreakers(9, 9, 1, 9, null))),
              seed);
      assertThat(attempts(mesh, get(), 503)).isEqualTo(4);
    }
  }

  @Test
  void budgetOfAPriorityIsItsOwn() {
    CircuitBreakers high = new CircuitBreakers(99, 99, 99, 1, null);
    MeshTest mesh =
        new MeshTest(
            Config.http(
                    route()
                        .prefix("/high")
                        .retries(1)
                        .policy(
                            new io.selvage.engine.model.RoutePolicy(
                                RoutingPriority.HIGH, null, null, null, null)),
                    route().retries(1))
                .cluster(
                    cluster("reviews", 1)
                        .breakers(
                            new CircuitBreakers(99, 99, 99, 0, null, Integer.MAX_VALUE, high))));
    assertThat(mesh.get("/").answers(503).outcome).isNotNull();
    assertThat(mesh.get("/high").answers(503).outcome).isNull();
    assertThat(mesh.get("/high").answers(503).outcome).isNotNull();
  }

  // ---- where retries go

  private static RetryPolicy avoiding(boolean previous, Avoidance avoidance) {
    return new RetryPolicy(
        Set.of("5xx"),
        3,
        null,
        Set.of(),
        List.of(),
        ofMillis(1),
        ofMillis(1),
        previous,
        5,
        false,
        null,
        List.of(),
        null,
        avoidance);
  }

  private static io.selvage.engine.model.Endpoint labelled(
      int port, java.util.Map<String, String> metadata) {
    var plain = Config.endpoint(port);
    return new io.selvage.engine.model.Endpoint(
        plain.address(),
        port,
        1,
        plain.health(),
        plain.locality(),
        plain.tlsMode(),
        plain.workload(),
        metadata);
  }

  private static List<Integer> ports(MeshTest mesh) {
    MeshTest.Call call = mesh.get("/");
    while (call.outcome == null) {
      call.answers(503);
      mesh.advance(ofMillis(1));
    }
    call.end();
    return call.sent.stream()
        .map(a -> java.util.Objects.requireNonNull(a.endpoint()).port())
        .toList();
  }

  @Test
  void retriesAvoidCanariesAndLabelledHosts() {
    for (Avoidance avoidance :
        List.of(
            new Avoidance(true, java.util.Map.of(), 0),
            new Avoidance(false, java.util.Map.of("rack", "b"), 0))) {
      MeshTest mesh =
          new MeshTest(
              Config.http(route().retry(avoiding(false, avoidance)))
                  .cluster(
                      cluster("reviews")
                          .endpoints(
                              0,
                              labelled(1, java.util.Map.of()),
                              labelled(2, java.util.Map.of("canary", "true", "rack", "b")))));
      boolean firstToo = false;
      for (int i = 0; i < 20; i++) {
        List<Integer> ports = ports(mesh);
        firstToo |= ports.get(0) == 2;
        assertThat(ports.subList(1, 4)).containsOnly(1);
      }
      assertThat(firstToo).isTrue();
    }
  }

  @Test
  void retriesLeavePrioritiesThatWereTried() {
    MeshTest mesh =
        new MeshTest(
            Config.http(route().retry(avoiding(true, new Avoidance(false, java.util.Map.of(), 2))))
                .cluster(
                    cluster("reviews")
                        .endpoints(0, Config.endpoint(1), Config.endpoint(2))
                        .endpoints(1, Config.endpoint(3), Config.endpoint(4))));
    for (int i = 0; i < 20; i++) {
      List<Integer> ports = ports(mesh);
      assertThat(ports.subList(0, 2)).containsExactlyInAnyOrder(1, 2);
      assertThat(ports.subList(2, 4)).containsExactlyInAnyOrder(3, 4);
    }
  }

  // ---- what is told

  @Test
  void attemptsAreToldWhereTheVirtualHostSaysSo() {
    Config config = new Config();
    config.attemptHeaders = new AttemptHeaders(false, true, true);
    MeshTest mesh =
        new MeshTest(
            config
                .listener(null, route().retries(1).on("5xx").perTry(ofMillis(100)))
                .cluster(cluster("reviews", 1)));
    MeshTest.Call call = mesh.get("/");
    assertThat(call.head().header("x-envoy-attempt-count")).isNull();
    assertThat(call.head().header("x-envoy-is-timeout-retry")).isNull();
    mesh.advance(ofMillis(130));
    assertThat(call.head().header("x-envoy-is-timeout-retry")).isEqualTo("true");
    call.reports(TestAnswer.of(200)).end(End.COMPLETE);
    var answer = (io.selvage.engine.flow.Responded) java.util.Objects.requireNonNull(call.outcome);
    assertThat(answer.head().header("x-envoy-attempt-count")).isEqualTo("2");
    MeshTest.Call failed = mesh.get("/").answers(503);
    mesh.advance(ofMillis(30));
    assertThat(failed.head().header("x-envoy-is-timeout-retry")).isEqualTo("false");
    failed.fails(Failed.Kind.CONNECT);
    assertThat(failed.rejection().headers()).containsEntry("x-envoy-attempt-count", "2");
  }
}
