package io.selvage.engine.stack;

import static io.selvage.engine.stack.Config.cluster;
import static io.selvage.engine.stack.Config.route;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Failed;
import io.selvage.engine.flow.MeshContext;
import io.selvage.engine.flow.TestAnswer;
import io.selvage.engine.flow.TestHead;
import io.selvage.engine.model.CircuitBreakers;
import io.selvage.engine.model.Fault;
import io.selvage.engine.model.HeaderMatch;
import io.selvage.engine.model.OutlierDetection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Deadlines, faults, retries, limits and ejection, all in virtual time. */
class ResilienceTest {
  private static final OutlierDetection THREE_IN_A_ROW =
      new OutlierDetection(3, 0, 0, false, ofSeconds(10), ofSeconds(30), ofSeconds(300), 1.0, 0);

  private static MeshTest mesh(Config.RouteBuilder route) {
    return new MeshTest(Config.http(route).cluster(cluster("reviews", 1, 2, 3)));
  }

  // ---- retries

  @Test
  void backsOffThenHoldsThePermitUntilTheBodyEnds() {
    MeshTest mesh = mesh(route().retries(2).codes(503).backoff(ofMillis(25)));
    MeshTest.Call call = mesh.get("/").answers(503);
    assertThat(call.sent).hasSize(1);
    assertThat(mesh.inFlight("reviews")).isZero();
    mesh.advance(ofMillis(25));
    assertThat(call.sent).hasSize(2);
    call.answers(200);
    assertThat(mesh.inFlight("reviews")).isOne();
    assertThat(mesh.state("reviews").requests).hasValue(1);
    call.end();
    assertThat(mesh.inFlight("reviews")).isZero();
    assertThat(mesh.state("reviews").requests).hasValue(0);
    assertThat(mesh.counted(200)).isOne();
    assertThat(mesh.time.armed()).isZero();
  }

  @Test
  void givesUpAfterItsRetriesAndSaysSo() {
    MeshTest mesh = mesh(route().retries(2));
    MeshTest.Call call = mesh.get("/");
    for (int i = 0; i < 3; i++) {
      call.answers(503);
      mesh.advance(ofSeconds(1));
    }
    assertThat(call.sent).hasSize(3);
    assertThat(call.status()).isEqualTo(503);
    call.end();
    assertThat(mesh.log.get(0).responseFlags()).isEqualTo("URX");
    assertThat(mesh.log.get(0).attempts()).isEqualTo(3);
  }

  @Test
  void backOffIsFullJitterOverAnExponentialInterval() {
    List<Long> longest = new ArrayList<>(List.of(0L, 0L, 0L, 0L));
    for (int seed = 0; seed < 300; seed++) {
      MeshTest mesh =
          new MeshTest(
              Config.http(route().retries(4).backoff(ofMillis(10))).cluster(cluster("reviews", 1)),
              seed);
      MeshTest.Call call = mesh.get("/");
      for (int retry = 0; retry < 4; retry++) {
        call.answers(503);
        long wait = call.exchange.wakeAtNanos() - mesh.time.nanos();
        longest.set(retry, Math.max(longest.get(retry), wait));
        mesh.advance(ofSeconds(1));
      }
    }
    for (int retry = 0; retry < 4; retry++) {
      long bound = Math.min(10L << retry, 100) * 1_000_000;
      assertThat(longest.get(retry)).isBetween(bound * 9 / 10, bound);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "5xx, 500, true",
    "5xx, 599, true",
    "5xx, 499, false",
    "gateway-error, 502, true",
    "gateway-error, 503, true",
    "gateway-error, 504, true",
    "gateway-error, 500, false",
    "gateway-error, 505, false",
    "retriable-4xx, 409, true",
    "retriable-4xx, 404, false",
    "retriable-status-codes, 503, true",
    "retriable-status-codes, 500, false",
    "connect-failure, 503, false",
    "reset, 503, false"
  })
  void retriesOnStatus(String token, int status, boolean retried) {
    MeshTest mesh = mesh(route().retries(1).on(token));
    MeshTest.Call call = mesh.get("/").answers(status);
    mesh.advance(ofSeconds(1));
    assertThat(call.sent).hasSize(retried ? 2 : 1);
  }

  @ParameterizedTest
  @CsvSource({
    "connect-failure, CONNECT, true",
    "connect-failure, RESET, false",
    "connect-failure, REFUSED, false",
    "refused-stream, REFUSED, true",
    "refused-stream, CONNECT, false",
    "reset, RESET, true",
    "reset, CONNECT, true",
    "5xx, RESET, true",
    "5xx, CONNECT, true",
    "gateway-error, RESET, true",
    "retriable-4xx, RESET, false",
    "5xx, PEER_IDENTITY, false",
    "5xx, LOCAL, false",
    "5xx, CANCELLED, false",
    "reset-before-request, CONNECT, true",
    "unavailable, RESET, false"
  })
  void retriesOnFailure(String token, Failed.Kind kind, boolean retried) {
    MeshTest mesh = mesh(route().retries(1).on(token));
    MeshTest.Call call = mesh.get("/").fails(kind);
    mesh.advance(ofSeconds(1));
    assertThat(call.sent).hasSize(retried ? 2 : 1);
  }

  @ParameterizedTest
  @CsvSource({
    "cancelled, 1, true",
    "deadline-exceeded, 4, true",
    "resource-exhausted, 8, true",
    "internal, 13, true",
    "unavailable, 14, true",
    "unavailable, 13, false",
    "internal, 0, false"
  })
  void retriesOnGrpcStatus(String token, int status, boolean retried) {
    MeshTest mesh = mesh(route().retries(1).on(token));
    MeshTest.Call call =
        mesh.call(TestHead.grpc("reviews", "/s/m")).reports(TestAnswer.grpc(status));
    mesh.advance(ofSeconds(1));
    assertThat(call.sent).hasSize(retried ? 2 : 1);
  }

  @Test
  void retriesOnResponseHeaders() {
    MeshTest mesh =
        mesh(
            route()
                .retries(1)
                .on("retriable-headers")
                .retriableHeaders(HeaderMatch.exact("x-retry", "yes")));
    MeshTest.Call yes = mesh.get("/").reports(TestAnswer.with(200, "x-retry", "yes"));
    MeshTest.Call no = mesh.get("/").reports(TestAnswer.with(200, "x-retry", "no"));
    mesh.advance(ofSeconds(1));
    assertThat(yes.sent).hasSize(2);
    assertThat(no.sent).hasSize(1);
  }

  @Test
  void rateLimitedAnswersAreRepeatedOnlyWhenAskedFor() {
    MeshTest mesh = mesh(route().retries(1).on("5xx"));
    MeshTest.Call call = mesh.get("/").reports(TestAnswer.with(503, "x-envoy-ratelimited", "true"));
    assertThat(call.outcome).isNotNull();
    MeshTest asked = mesh(route().retries(1).on("envoy-ratelimited"));
    MeshTest.Call again =
        asked.get("/").reports(TestAnswer.with(503, "x-envoy-ratelimited", "true"));
    asked.advance(ofSeconds(1));
    assertThat(again.sent).hasSize(2);
  }

  @Test
  void oneShotBodyIsRepeatedOnlyWhenNoByteWasSent() {
    MeshTest mesh = mesh(route().retries(2).on("5xx", "connect-failure", "refused-stream"));
    MeshTest.Call connect = mesh.call(TestHead.post("reviews", "/").oneShot());
    connect.fails(Failed.Kind.CONNECT);
    mesh.advance(ofSeconds(1));
    assertThat(connect.sent).hasSize(2);
    connect.fails(Failed.Kind.RESET);
    assertThat(connect.status()).isEqualTo(503);
    assertThat(connect.sent).hasSize(2);
    MeshTest.Call answered = mesh.call(TestHead.post("reviews", "/").oneShot()).answers(503);
    assertThat(answered.status()).isEqualTo(503);
    MeshTest.Call refused = mesh.call(TestHead.post("reviews", "/").oneShot());
    refused.sent.get(0).requestSent();
    refused.fails(Failed.Kind.REFUSED);
    assertThat(refused.sent).hasSize(1);
  }

  @Test
  void policyThatNobodyWroteRepeatsWritesOnlyWhenTheyWereNotProcessed() {
    MeshTest mesh =
        mesh(route().retries(2).defaulted().on("5xx", "connect-failure", "refused-stream"));
    MeshTest.Call answered = mesh.call(TestHead.post("reviews", "/")).answers(503);
    assertThat(answered.status()).isEqualTo(503);
    MeshTest.Call reset = mesh.call(TestHead.post("reviews", "/")).fails(Failed.Kind.RESET);
    assertThat(reset.outcome).isNotNull();
    MeshTest.Call refused = mesh.call(TestHead.post("reviews", "/")).fails(Failed.Kind.REFUSED);
    mesh.advance(ofSeconds(1));
    assertThat(refused.sent).hasSize(2);
    MeshTest.Call read = mesh.get("/").answers(503);
    mesh.advance(ofSeconds(1));
    assertThat(read.sent).hasSize(2);
    MeshTest written = mesh(route().retries(2).on("5xx"));
    MeshTest.Call post = written.call(TestHead.post("reviews", "/")).answers(503);
    written.advance(ofSeconds(1));
    assertThat(post.sent).hasSize(2);
  }

  @Test
  void retryAvoidsHostsThatWereTried() {
    for (int seed = 0; seed < 100; seed++) {
      MeshTest mesh =
          new MeshTest(
              Config.http(route().retries(2).avoidTried())
                  .cluster(
                      cluster("reviews", 1, 2, 3)
                          .balancer(new io.selvage.engine.model.Cluster.Random())),
              seed);
      MeshTest.Call call = mesh.get("/");
      call.answers(503);
      mesh.advance(ofSeconds(1));
      call.answers(503);
      mesh.advance(ofSeconds(1));
      assertThat(call.sent).hasSize(3);
      assertThat(call.sent.stream().map(a -> a.endpoint()).distinct()).hasSize(3);
    }
  }

  @Test
  void clustersLimitOfRetriesHolds() {
    MeshTest mesh =
        new MeshTest(
            Config.http(route().retries(3))
                .cluster(cluster("reviews", 1).breakers(new CircuitBreakers(99, 99, 99, 2, null))));
    MeshTest.Call a = mesh.get("/").answers(503);
    MeshTest.Call b = mesh.get("/").answers(503);
    assertThat(mesh.state("reviews").retries).hasValue(2);
    MeshTest.Call c = mesh.get("/").answers(503);
    assertThat(c.status()).isEqualTo(503);
    assertThat(c.sent).hasSize(1);
    mesh.advance(ofSeconds(1));
    a.answers(200).end();
    b.answers(200).end();
    assertThat(mesh.state("reviews").retries).hasValue(0);
    c.end();
    assertThat(mesh.log.stream().filter(l -> l.responseFlags().equals("UO"))).hasSize(1);
  }

  @Test
  void retryBudgetIsAShareOfWhatIsInFlight() {
    var budget = new CircuitBreakers.RetryBudget(0.5, 1);
    MeshTest mesh =
        new MeshTest(
            Config.http(route().retries(1))
                .cluster(
                    cluster("reviews", 1).breakers(new CircuitBreakers(99, 99, 99, 0, budget))));
    List<MeshTest.Call> calls = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      calls.add(mesh.get("/"));
    }
    calls.forEach(c -> c.answers(503));
    long waiting = calls.stream().filter(c -> c.outcome == null).count();
    // the n-th retry is allowed while n is at most half of what is still under way
    assertThat(waiting).isBetween(3L, 5L);
  }

  @Test
  void retryBudgetOfAnIntervalIsAShareOfWhatWasBegunInIt() {
    var budget = new CircuitBreakers.RetryBudget(0.2, 0, ofSeconds(10));
    MeshTest mesh =
        new MeshTest(
            Config.http(route().retries(1))
                .cluster(
                    cluster("reviews", 1).breakers(new CircuitBreakers(99, 99, 99, 0, budget))));
    for (int i = 0; i < 4; i++) {
      mesh.get("/").answers(200).end();
    }
    assertThat(mesh.get("/").answers(503).outcome).as("the fifth of five").isNull();
    assertThat(mesh.get("/").answers(503).status()).as("one is under way").isEqualTo(503);
    mesh.advance(ofSeconds(12));
    assertThat(mesh.get("/").answers(503).status()).as("all are forgotten").isEqualTo(503);
  }

  @Test
  void permitOfARetryComesBackWhenTheCallIsCancelled() {
    MeshTest mesh = mesh(route().retries(3));
    MeshTest.Call call = mesh.get("/").answers(503);
    assertThat(mesh.state("reviews").retries).hasValue(1);
    call.cancel();
    assertThat(mesh.state("reviews").retries).hasValue(0);
    assertThat(mesh.time.armed()).isZero();
  }

  @Test
  void attemptsAreNumberedForTheUpstream() {
    MeshTest mesh = mesh(route().retries(2));
    MeshTest.Call call = mesh.get("/");
    assertThat(call.head().header("x-envoy-attempt-count")).isEqualTo("1");
    call.answers(503);
    mesh.advance(ofSeconds(1));
    assertThat(call.head().header("x-envoy-attempt-count")).isEqualTo("2");
    long changes =
        call.head().changes().list().stream()
            .filter(c -> c.name().equals("x-envoy-attempt-count"))
            .count();
    assertThat(changes).isOne();
  }

  // ---- time

  @Test
  void perTryTimeoutAbortsAndRetries() {
    MeshTest mesh = mesh(route().retries(1).on("5xx").perTry(ofMillis(100)));
    MeshTest.Call call = mesh.get("/");
    mesh.advance(ofMillis(99));
    assertThat(call.aborted).isEmpty();
    mesh.advance(ofMillis(1));
    assertThat(call.aborted).hasSize(1);
    mesh.advance(ofMillis(25));
    assertThat(call.sent).hasSize(2);
    call.answers(200).end();
    assertThat(call.status()).isEqualTo(200);
  }

  @Test
  void lastPerTryTimeoutIsATimeout() {
    MeshTest mesh = mesh(route().retries(0).on("5xx").perTry(ofMillis(100)));
    MeshTest.Call call = mesh.get("/");
    mesh.advance(ofMillis(100));
    assertThat(call.rejection().httpStatus()).isEqualTo(504);
    assertThat(call.rejection().grpcStatus()).isEqualTo(4);
    assertThat(call.rejection().flag()).isEqualTo("UT");
    assertThat(call.rejection().body()).isEqualTo("upstream request timeout");
  }

  @Test
  void routesTimeoutBoundsAllAttempts() {
    MeshTest mesh =
        mesh(route().timeout(ofMillis(250)).retries(10).on("5xx").perTry(ofMillis(100)));
    MeshTest.Call call = mesh.get("/");
    mesh.advance(ofMillis(249));
    assertThat(call.outcome).isNull();
    mesh.advance(ofMillis(1));
    assertThat(call.rejection().flag()).isEqualTo("UT");
    assertThat(call.sent.size()).isBetween(2, 3);
    assertThat(mesh.inFlight("reviews")).isZero();
    assertThat(mesh.time.armed()).isZero();
  }

  @Test
  void timeoutDefaultsToFifteenSeconds() {
    MeshTest mesh = mesh(route().timeout(null));
    MeshTest.Call call = mesh.get("/");
    mesh.advance(ofMillis(14_999));
    assertThat(call.outcome).isNull();
    mesh.advance(ofMillis(1));
    assertThat(call.rejection().flag()).isEqualTo("UT");
  }

  @Test
  void timeoutOfZeroIsNone() {
    MeshTest mesh = mesh(route().timeout(Duration.ZERO));
    MeshTest.Call call = mesh.get("/");
    mesh.advance(ofSeconds(3600));
    assertThat(call.outcome).isNull();
    assertThat(mesh.time.armed()).isZero();
  }

  @Test
  void applicationMaySetTheTimeout() {
    MeshTest mesh = mesh(route().timeout(ofSeconds(10)));
    MeshTest.Call call =
        mesh.call(TestHead.get("reviews", "/").with("x-envoy-upstream-rq-timeout-ms", "50"));
    assertThat(call.head().header("x-envoy-upstream-rq-timeout-ms")).isNull();
    mesh.advance(ofMillis(50));
    assertThat(call.rejection().flag()).isEqualTo("UT");
  }

  @Test
  void timeoutCoversTheBody() {
    MeshTest mesh = mesh(route().timeout(ofMillis(100)));
    MeshTest.Call call = mesh.get("/").answers(200);
    assertThat(call.aborted).isEmpty();
    mesh.advance(ofMillis(100));
    assertThat(call.aborted).hasSize(1);
    call.end(End.ABORTED);
    assertThat(mesh.log.get(0).responseFlags()).isEqualTo("UT");
    assertThat(mesh.time.armed()).isZero();
  }

  @Test
  void inheritedDeadlineBoundsEverythingAndTravelsOn() {
    MeshTest mesh = mesh(route().delay(ofSeconds(10)));
    MeshContext context =
        new MeshContext(null, mesh.time.nanos() + ofMillis(300).toNanos(), null, null);
    MeshTest.Call call = mesh.call(TestHead.get("reviews", "/"), context);
    mesh.advance(ofMillis(300));
    assertThat(call.sent).isEmpty();
    assertThat(call.rejection().flag()).isEqualTo("UT");
    MeshTest.Call sent = mesh(route()).call(TestHead.get("reviews", "/"), context);
    assertThat(sent.head().header("x-envoy-expected-rq-timeout-ms")).isEqualTo("300");
  }

  @Test
  void nothingIsSentAfterTheDeadline() {
    MeshTest mesh = mesh(route());
    MeshContext context = new MeshContext(null, mesh.time.nanos(), null, null);
    MeshTest.Call call = mesh.call(TestHead.get("reviews", "/"), context);
    assertThat(call.sent).isEmpty();
    assertThat(call.outcome).isNotNull();
  }

  // ---- faults

  @Test
  void delaysThenSends() {
    MeshTest mesh = mesh(route().delay(ofSeconds(7)).timeout(ofSeconds(1)));
    MeshTest.Call call = mesh.get("/");
    mesh.advance(ofMillis(6_999));
    assertThat(call.sent).isEmpty();
    mesh.advance(ofMillis(1));
    assertThat(call.sent).hasSize(1);
    // the route's timeout starts after the delay
    mesh.advance(ofMillis(999));
    call.answers(200).end();
    assertThat(mesh.log.get(0).responseFlags()).isEqualTo("DI");
    assertThat(mesh.log.get(0).durationNanos()).isEqualTo(ofMillis(7_999).toNanos());
  }

  @Test
  void abortsWithHttpStatusBeforeTheRouter() {
    MeshTest mesh =
        new MeshTest(
            Config.http(route().abort(418).mirror("copy", 1.0).retries(3).on("5xx"))
                .cluster(cluster("reviews", 1))
                .cluster(cluster("copy", 2)));
    MeshTest.Call call = mesh.get("/");
    assertThat(call.rejection().httpStatus()).isEqualTo(418);
    assertThat(call.rejection().flag()).isEqualTo("FI");
    assertThat(call.rejection().body()).isEqualTo("fault filter abort");
    assertThat(call.shadows).isEmpty();
    assertThat(mesh.counted(418)).isOne();
  }

  @Test
  void abortsWithGrpcStatus() {
    MeshTest mesh = mesh(route().fault(new Fault(null, 0, 0, 14, 1.0, List.of())));
    MeshTest.Call call = mesh.call(TestHead.grpc("reviews", "/s/m"));
    assertThat(call.rejection().grpcStatus()).isEqualTo(14);
    assertThat(call.rejection().httpStatus()).isEqualTo(200);
  }

  @Test
  void delaysFirstAndAbortsThen() {
    MeshTest mesh = mesh(route().fault(new Fault(ofSeconds(2), 1.0, 500, -1, 1.0, List.of())));
    MeshTest.Call call = mesh.get("/");
    assertThat(call.outcome).isNull();
    mesh.advance(ofSeconds(2));
    assertThat(call.rejection().httpStatus()).isEqualTo(500);
    assertThat(mesh.log.get(0).responseFlags()).isEqualTo("DI,FI");
  }

  @Test
  void faultHitsItsShareOfTheRequestsThatMatch() {
    Fault fault = new Fault(null, 0, 503, -1, 0.3, List.of(HeaderMatch.exact("end-user", "jason")));
    MeshTest mesh = mesh(route().fault(fault));
    int aborted = 0;
    for (int i = 0; i < 3000; i++) {
      MeshTest.Call call = mesh.call(TestHead.get("reviews", "/").with("end-user", "jason"));
      aborted += call.sent.isEmpty() ? 1 : 0;
      call.cancel();
    }
    assertThat(aborted).isBetween(825, 975);
    for (int i = 0; i < 100; i++) {
      assertThat(mesh.get("/").sent).hasSize(1);
    }
  }

  @Test
  void listenersFaultAppliesUnlessTheRouteHasItsOwn() {
    Fault listeners = new Fault(null, 0, 501, -1, 1.0, List.of());
    MeshTest mesh =
        new MeshTest(
            new Config()
                .listener(listeners, route().prefix("/own").abort(502), route())
                .cluster(cluster("reviews", 1)));
    assertThat(mesh.get("/own").status()).isEqualTo(502);
    assertThat(mesh.get("/other").status()).isEqualTo(501);
  }

  @Test
  void faultComesBeforeRedirect() {
    MeshTest mesh =
        mesh(
            route()
                .abort(503)
                .action(
                    new io.selvage.engine.model.RouteAction.Redirect(
                        null, "x", 0, null, null, null, 301, false)));
    assertThat(mesh.get("/").status()).isEqualTo(503);
  }

  // ---- limits

  @Test
  void requestsBeyondTheLimitOverflow() {
    MeshTest mesh =
        new MeshTest(
            Config.http(route().retries(3).on("5xx"))
                .cluster(
                    cluster("reviews", 1)
                        .http2()
                        .breakers(new CircuitBreakers(99, 99, 2, 9, null))));
    MeshTest.Call a = mesh.get("/");
    MeshTest.Call b = mesh.get("/");
    MeshTest.Call c = mesh.get("/");
    assertThat(c.rejection().httpStatus()).isEqualTo(503);
    assertThat(c.rejection().flag()).isEqualTo("UO");
    assertThat(c.rejection().headers()).containsEntry("x-envoy-overloaded", "true");
    assertThat(c.rejection().body()).endsWith("reset reason: overflow");
    a.answers(200);
    assertThat(mesh.get("/").outcome).as("the body still streams").isNotNull();
    a.end();
    assertThat(mesh.get("/").sent).hasSize(1);
    b.cancel();
    assertThat(mesh.state("reviews").requests).hasValue(1);
    assertThat(mesh.state("reviews").overflows.sum()).isEqualTo(2);
  }

  @Test
  void http1IsBoundByConnectionsAndPendingRequests() {
    MeshTest mesh =
        new MeshTest(
            Config.http(route())
                .cluster(cluster("reviews", 1).breakers(new CircuitBreakers(1, 1, 1024, 3, null))));
    MeshTest.Call first = mesh.get("/");
    MeshTest.Call second = mesh.get("/");
    assertThat(second.sent).as("waits for a connection").isEmpty();
    assertThat(mesh.get("/").rejection().flag()).isEqualTo("UO");
    first.answers(200);
    mesh.advance(Duration.ofMillis(1));
    assertThat(second.sent).as("the body is still on its way").isEmpty();
    first.end();
    mesh.advance(Duration.ofMillis(1));
    assertThat(second.sent).hasSize(1);
  }

  // ---- failures as the application sees them

  @ParameterizedTest
  @CsvSource({
    "CONNECT, 503, UF, remote connection failure",
    "RESET, 503, UC, connection termination",
    "REFUSED, 503, UR, remote refused stream reset",
    "PEER_IDENTITY, 503, UF, peer identity"
  })
  void failuresAreAnsweredAsEnvoyWould(Failed.Kind kind, int status, String flag, String text) {
    MeshTest mesh = mesh(route());
    MeshTest.Call call = mesh.get("/").fails(kind);
    assertThat(call.rejection().httpStatus()).isEqualTo(status);
    assertThat(call.rejection().grpcStatus()).isEqualTo(14);
    assertThat(call.rejection().body())
        .startsWith("upstream connect error or disconnect/reset before headers. reset reason: ")
        .endsWith(text);
    assertThat(mesh.log.get(0).responseFlags()).isEqualTo(flag);
    assertThat(mesh.log.get(0).responseCode()).isEqualTo(status);
  }

  @Test
  void failureOfAnUnknownDestinationStaysTheLibrarysOwn() {
    MeshTest mesh = mesh(route());
    MeshTest.Call call = mesh.callTo("example.org", 80).fails(Failed.Kind.CONNECT);
    assertThat(call.outcome).isInstanceOf(Failed.class);
  }

  @Test
  void cancelAbortsAndLeavesNothingBehind() {
    MeshTest mesh = mesh(route().timeout(ofSeconds(5)));
    MeshTest.Call call = mesh.get("/");
    call.cancel();
    assertThat(call.aborted).hasSize(1);
    assertThat(call.outcome).isEqualTo(new Failed(Failed.Kind.CANCELLED, null));
    assertThat(mesh.inFlight("reviews")).isZero();
    assertThat(mesh.time.armed()).isZero();
    assertThat(mesh.log.get(0).responseFlags()).isEqualTo("DC");
    call.answers(200);
    assertThat(mesh.log).hasSize(1);
  }

  // ---- ejection

  private static MeshTest ejecting(OutlierDetection detection, int... ports) {
    return new MeshTest(
        Config.http(route())
            .cluster(
                cluster("reviews", ports)
                    .outlier(detection)
                    .locality(
                        new io.selvage.engine.model.Cluster.LocalityBalancing(false, 0, 1.4))));
  }

  /** Calls until the endpoint was hit this often with this status; others answer 200. */
  private static void hit(MeshTest mesh, int port, int times, int status) {
    for (int left = times; left > 0; ) {
      MeshTest.Call call = mesh.get("/");
      boolean bad = call.port() == port;
      call.answers(bad ? status : 200).end();
      left -= bad ? 1 : 0;
    }
  }

  private static boolean isUsed(MeshTest mesh, int port) {
    boolean used = false;
    for (int i = 0; i < 12; i++) {
      MeshTest.Call call = mesh.get("/");
      if (call.outcome == null) {
        used |= call.port() == port;
        call.answers(200).end();
      }
    }
    return used;
  }

  @Test
  void ejectsAfterConsecutiveErrorsAndTakesBackWithTheSweep() {
    MeshTest mesh = ejecting(THREE_IN_A_ROW, 1, 2, 3);
    hit(mesh, 2, 2, 500);
    assertThat(isUsed(mesh, 2)).as("the row was broken by an answer").isTrue();
    hit(mesh, 2, 3, 500);
    assertThat(isUsed(mesh, 2)).isFalse();
    mesh.advance(ofSeconds(29));
    assertThat(isUsed(mesh, 2)).isFalse();
    mesh.advance(ofSeconds(11));
    assertThat(isUsed(mesh, 2)).isTrue();
    assertThat(mesh.state("reviews").ejections.sum()).isOne();
  }

  @Test
  void secondEjectionLastsLonger() {
    MeshTest mesh = ejecting(THREE_IN_A_ROW, 1, 2);
    hit(mesh, 2, 3, 500);
    mesh.advance(ofSeconds(35)); // an interval of peace later it would be forgotten
    assertThat(isUsed(mesh, 2)).isTrue();
    hit(mesh, 2, 3, 500);
    mesh.advance(ofSeconds(40));
    assertThat(isUsed(mesh, 2)).isFalse();
    mesh.advance(ofSeconds(31));
    assertThat(isUsed(mesh, 2)).isTrue();
  }

  @Test
  void ejectionTimeHasAMaximum() {
    var detection =
        new OutlierDetection(1, 0, 0, false, ofSeconds(1), ofSeconds(30), ofSeconds(40), 1.0, 0);
    MeshTest mesh = ejecting(detection, 1, 2);
    for (int i = 0; i < 5; i++) {
      hit(mesh, 2, 1, 500);
      assertThat(isUsed(mesh, 2)).isFalse();
      mesh.advance(ofSeconds(42));
      assertThat(isUsed(mesh, 2)).isTrue();
    }
  }

  @Test
  void gatewayErrorsAreCountedApart() {
    var detection =
        new OutlierDetection(0, 2, 0, false, ofSeconds(10), ofSeconds(30), ofSeconds(300), 1.0, 0);
    MeshTest mesh = ejecting(detection, 1, 2);
    hit(mesh, 2, 5, 500);
    assertThat(isUsed(mesh, 2)).isTrue();
    hit(mesh, 2, 2, 502);
    assertThat(isUsed(mesh, 2)).isFalse();
  }

  @Test
  void neverEjectsMoreThanTheShare() {
    var half =
        new OutlierDetection(1, 0, 0, false, ofSeconds(10), ofSeconds(30), ofSeconds(300), 0.5, 0);
    MeshTest mesh = ejecting(half, 1, 2, 3);
    hit(mesh, 1, 1, 500);
    assertThat(isUsed(mesh, 1)).isFalse();
    hit(mesh, 2, 1, 500);
    assertThat(isUsed(mesh, 2)).as("two of three is more than half").isTrue();
    var tenth =
        new OutlierDetection(1, 0, 0, false, ofSeconds(10), ofSeconds(30), ofSeconds(300), 0.1, 0);
    MeshTest few = ejecting(tenth, 1, 2, 3);
    hit(few, 1, 1, 500);
    assertThat(isUsed(few, 1)).as("one of three is more than a tenth").isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"CONNECT", "RESET", "REFUSED", "PEER_IDENTITY"})
  void failuresToReachItCountAsErrors(String kind) {
    MeshTest mesh = ejecting(THREE_IN_A_ROW, 1, 2);
    for (int left = 3; left > 0; ) {
      MeshTest.Call call = mesh.get("/");
      if (call.port() == 2) {
        call.fails(Failed.Kind.valueOf(kind));
        left--;
      } else {
        call.answers(200).end();
      }
    }
    assertThat(isUsed(mesh, 2)).isFalse();
  }

  @Test
  void whatTheApplicationDoesSaysNothingOfTheEndpoint() {
    MeshTest mesh = ejecting(THREE_IN_A_ROW, 1);
    for (int i = 0; i < 10; i++) {
      mesh.get("/").cancel();
      mesh.get("/").fails(Failed.Kind.LOCAL);
    }
    assertThat(isUsed(mesh, 1)).isTrue();
  }

  @Test
  void splitDetectorCountsLocalErrorsApart() {
    var split =
        new OutlierDetection(2, 0, 4, true, ofSeconds(10), ofSeconds(30), ofSeconds(300), 1.0, 0);
    MeshTest mesh = ejecting(split, 1);
    for (int i = 0; i < 3; i++) {
      mesh.get("/").fails(Failed.Kind.CONNECT);
    }
    assertThat(isUsed(mesh, 1)).isTrue();
    for (int i = 0; i < 4; i++) {
      mesh.get("/").fails(Failed.Kind.CONNECT);
    }
    assertThat(mesh.get("/").rejection().flag()).isEqualTo("UH");
  }

  @Test
  void grpcStatusOfTheTrailersIsJudgedAtTheEnd() {
    MeshTest mesh = ejecting(THREE_IN_A_ROW, 1);
    for (int i = 0; i < 3; i++) {
      mesh.call(TestHead.grpc("reviews", "/s/m")).answers(200).end(End.grpc(14));
    }
    assertThat(mesh.get("/").rejection().flag()).isEqualTo("UH");
  }

  @Test
  void ejectionSurvivesAPushAndEndsWithTheDetector() {
    Config.ClusterBuilder reviews =
        cluster("reviews", 1, 2)
            .outlier(THREE_IN_A_ROW)
            .locality(new io.selvage.engine.model.Cluster.LocalityBalancing(false, 0, 1.4));
    MeshTest mesh = new MeshTest(Config.http(route()).cluster(reviews));
    hit(mesh, 2, 3, 500);
    mesh.engine.publish(Config.http(route()).cluster(reviews).build());
    assertThat(isUsed(mesh, 2)).isFalse();
    mesh.engine.publish(Config.http(route()).cluster(cluster("reviews", 1, 2)).build());
    assertThat(isUsed(mesh, 2)).isTrue();
  }
}
