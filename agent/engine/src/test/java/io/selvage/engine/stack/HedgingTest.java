package io.selvage.engine.stack;

import static io.selvage.engine.stack.Config.cluster;
import static io.selvage.engine.stack.Config.route;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.BlockingDriver;
import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Failed;
import io.selvage.engine.flow.MeshContext;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.flow.Responded;
import io.selvage.engine.flow.TestAnswer;
import io.selvage.engine.flow.TestHead;
import io.selvage.engine.flow.Transport;
import io.selvage.engine.model.CircuitBreakers;
import io.selvage.engine.model.Resilience;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** An overdue attempt goes on beside its retry, and the first good answer wins. */
class HedgingTest {
  private final ExecutorService threads = Executors.newCachedThreadPool();

  @AfterEach
  void stop() {
    threads.shutdownNow();
  }

  private static MeshTest mesh(Config.RouteBuilder route) {
    return new MeshTest(Config.http(route).cluster(cluster("reviews", 1, 2, 3)));
  }

  private static Config.RouteBuilder hedged(int retries) {
    return route().retries(retries).on("5xx").perTry(ofMillis(100)).timeout(ofSeconds(2)).hedged();
  }

  /** Two attempts are under way. */
  private static MeshTest.Call overdue(MeshTest mesh) {
    MeshTest.Call call = mesh.get("/");
    mesh.advance(ofMillis(126));
    assertThat(call.sent).hasSize(2);
    assertThat(call.aborted).isEmpty();
    assertThat(mesh.inFlight("reviews")).isEqualTo(2);
    return call;
  }

  private static MeshTest.Call report(MeshTest.Call call, int attempt, Outcome outcome) {
    return call.reports(call.sent.get(attempt), outcome);
  }

  @Test
  void overdueAttemptMayStillWin() {
    MeshTest mesh = mesh(hedged(1));
    MeshTest.Call call = overdue(mesh);
    report(call, 0, TestAnswer.of(200));
    assertThat(call.status()).isEqualTo(200);
    assertThat(call.aborted).containsExactly(call.sent.get(1));
    assertThat(mesh.inFlight("reviews")).isOne();
    call.end();
    assertThat(mesh.inFlight("reviews")).isZero();
    assertThat(mesh.state("reviews").retries).hasValue(0);
    assertThat(mesh.time.armed()).isZero();
  }

  @Test
  void retryMayWin() {
    MeshTest mesh = mesh(hedged(1));
    MeshTest.Call call = overdue(mesh);
    report(call, 1, TestAnswer.of(200));
    assertThat(call.aborted).containsExactly(call.sent.get(0));
    call.end();
    assertThat(mesh.inFlight("reviews")).isZero();
  }

  @Test
  void badAnswerWaitsForTheOther() {
    MeshTest mesh = mesh(hedged(1));
    MeshTest.Call call = overdue(mesh);
    report(call, 1, TestAnswer.of(503));
    assertThat(call.outcome).isNull();
    report(call, 0, TestAnswer.of(200));
    assertThat(call.status()).isEqualTo(200);
    call.end();
    assertThat(mesh.log.get(0).responseFlags()).isEqualTo("URX");
  }

  @Test
  void answerThatIsNotRepeatedWinsAtOnce() {
    MeshTest mesh = mesh(hedged(1));
    MeshTest.Call call = overdue(mesh);
    report(call, 0, TestAnswer.of(404));
    assertThat(call.status()).isEqualTo(404);
  }

  @Test
  void overdueAttemptIsNotRepeatedASecondTime() {
    MeshTest mesh = mesh(hedged(3));
    MeshTest.Call call = overdue(mesh);
    report(call, 0, TestAnswer.of(503));
    mesh.advance(ofMillis(60));
    assertThat(call.sent).hasSize(2);
    assertThat(call.outcome).isNull();
    report(call, 1, TestAnswer.of(503));
    mesh.advance(ofMillis(60));
    assertThat(call.sent).hasSize(3);
  }

  @Test
  void lastFailureIsTheApplications() {
    MeshTest mesh = mesh(hedged(1));
    MeshTest.Call call = overdue(mesh);
    report(call, 0, new Failed(Failed.Kind.RESET, null));
    report(call, 1, new Failed(Failed.Kind.CONNECT, null));
    assertThat(call.rejection().flag()).isEqualTo("UF");
    assertThat(mesh.inFlight("reviews")).isZero();
  }

  @Test
  void requestsTimeoutEndsAll() {
    MeshTest mesh = mesh(hedged(9));
    MeshTest.Call call = overdue(mesh);
    mesh.advance(ofSeconds(2));
    assertThat(call.rejection().flag()).isEqualTo("UT");
    assertThat(call.aborted).hasSameSizeAs(call.sent);
    assertThat(mesh.inFlight("reviews")).isZero();
    assertThat(mesh.time.armed()).isZero();
  }

  @Test
  void withoutRetriesTheOverdueAttemptJustGoesOn() {
    MeshTest mesh = mesh(hedged(0));
    MeshTest.Call call = mesh.get("/");
    mesh.advance(ofMillis(500));
    assertThat(call.outcome).isNull();
    call.answers(200).end();
    assertThat(mesh.log.get(0).responseFlags()).isEqualTo("URX");
  }

  @Test
  void upstreamMayUseTheWholeTime() {
    MeshTest mesh = mesh(hedged(1));
    assertThat(mesh.get("/").head().header("x-envoy-expected-rq-timeout-ms")).isEqualTo("2000");
  }

  @Test
  void applicationMayHedgeAndMayNot() {
    MeshTest mesh = mesh(route().retries(1).on("5xx").perTry(ofMillis(100)));
    MeshTest.Call asked =
        mesh.call(TestHead.get("reviews", "/").with("x-envoy-hedge-on-per-try-timeout", "true"));
    mesh.advance(ofMillis(126));
    assertThat(asked.sent).hasSize(2);
    assertThat(asked.aborted).isEmpty();
    MeshTest.Call refused =
        mesh(hedged(1))
            .call(TestHead.get("reviews", "/").with("x-envoy-hedge-on-per-try-timeout", "false"));
    assertThat(refused.exchange.facts().hedges).isFalse();
  }

  @Test
  void requestThatIsNotRepeatedOtherwiseMayBeHedged() {
    MeshTest mesh = mesh(hedged(1).on("retriable-4xx"));
    assertThat(mesh.get("/").answers(503).end().outcome).isNotNull();
    MeshTest.Call call = overdue(mesh);
    report(call, 1, TestAnswer.of(503));
    assertThat(call.status()).isEqualTo(503);
  }

  @Test
  void hedgeCountsAgainstTheBudget() {
    MeshTest mesh =
        new MeshTest(
            Config.http(hedged(1))
                .cluster(cluster("reviews", 1).breakers(new CircuitBreakers(9, 9, 9, 0, null))));
    MeshTest.Call call = mesh.get("/");
    mesh.advance(ofMillis(500));
    assertThat(call.sent).hasSize(1);
    call.answers(200).end();
    assertThat(mesh.log.get(0).responseFlags()).isEqualTo("UO");
  }

  @Test
  void bodyThatCannotBeSentAgainIsNotHedged() {
    MeshTest mesh = mesh(hedged(1));
    MeshTest.Call call = mesh.call(TestHead.post("reviews", "/").oneShot());
    mesh.advance(ofMillis(500));
    assertThat(call.sent).hasSize(1);
    assertThat(call.outcome).isNull();
  }

  // ---- the blocking driver

  /** Answers each attempt by its number, on whatever thread it is called. */
  private class Forking implements Transport {
    final List<Outcome> discarded = Collections.synchronizedList(new ArrayList<>());
    final List<Attempt> aborted = Collections.synchronizedList(new ArrayList<>());
    final CountDownLatch over = new CountDownLatch(1);
    final CountDownLatch thrownAway = new CountDownLatch(1);
    private final boolean forks;

    Forking(boolean forks) {
      this.forks = forks;
    }

    @Override
    public @Nullable Executor forks() {
      return forks ? threads : null;
    }

    @Override
    public Outcome send(Attempt attempt) {
      if (attempt.number() > 0) {
        return TestAnswer.of(200);
      }
      CountDownLatch given = new CountDownLatch(1);
      attempt.onAbort(
          () -> {
            aborted.add(attempt);
            given.countDown();
          });
      try {
        given.await();
      } catch (InterruptedException stopped) {
        Thread.currentThread().interrupt();
      }
      over.countDown();
      return TestAnswer.of(503); // the answer that nobody wants any more
    }

    @Override
    public void discard(Outcome outcome) {
      discarded.add(outcome);
      thrownAway.countDown();
    }
  }

  @Test
  void blockingDriverHedgesOnBorrowedThreads() throws InterruptedException {
    Engine engine = Engine.builder(MeshTest.NODE).build();
    engine.publish(Config.http(hedged(1)).cluster(cluster("reviews", 1, 2, 3)).build());
    Exchange x =
        engine.outbound(TestHead.get("reviews", "/"), "reviews", Config.PORT, MeshContext.NONE);
    Forking transport = new Forking(true);
    Outcome outcome = BlockingDriver.real(System::nanoTime).run(x, transport);
    assertThat(((Responded) outcome).head().status()).isEqualTo(200);
    transport.over.await();
    x.end(End.COMPLETE);
    assertThat(x.attempts()).isEqualTo(2);
    assertThat(transport.aborted).hasSize(1);
    transport.thrownAway.await();
    assertThat(transport.discarded).hasSize(1);
    var state = java.util.Objects.requireNonNull(engine.snapshot().cluster("reviews")).state();
    assertThat(state.requests).hasValue(0);
    assertThat(state.retries).hasValue(0);
  }

  @Test
  void driverWithOneThreadGivesTheOverdueAttemptUp() throws InterruptedException {
    Engine engine = Engine.builder(MeshTest.NODE).build();
    engine.publish(
        Config.http(hedged(1).on("retriable-4xx")).cluster(cluster("reviews", 1)).build());
    Exchange x =
        engine.outbound(TestHead.get("reviews", "/"), "reviews", Config.PORT, MeshContext.NONE);
    Transport late =
        new Transport() {
          @Override
          public Outcome send(Attempt attempt) {
            if (attempt.number() > 0) {
              return TestAnswer.of(200);
            }
            while (attempt.remainingNanos() > 0) {
              Thread.onSpinWait();
            }
            return new Failed(Failed.Kind.RESET, null);
          }

          @Override
          public void discard(Outcome outcome) {}
        };
    Outcome outcome = BlockingDriver.real(System::nanoTime).run(x, late);
    assertThat(((Responded) outcome).head().status()).isEqualTo(200);
    x.end(End.COMPLETE);
  }

  /** A hedge needs a connection of its own, and does not wait for one. */
  @Test
  void hedgesKeepToTheLimitOfConnections() {
    MeshTest mesh =
        new MeshTest(
            Config.http(hedged(1))
                .cluster(
                    cluster("reviews", 1, 2, 3).breakers(new CircuitBreakers(2, 9, 99, 3, null))));
    MeshTest.Call first = mesh.get("/");
    mesh.advance(ofMillis(50));
    MeshTest.Call second = mesh.get("/");
    mesh.advance(ofMillis(150));
    assertThat(first.sent).as("both places are taken").hasSize(1);
    assertThat(second.sent).hasSize(1);
    assertThat(mesh.inFlight("reviews")).isEqualTo(2);
    report(first, 0, TestAnswer.of(200));
    assertThat(first.status()).isEqualTo(200);
    first.end();
    report(second, 0, TestAnswer.of(200));
    second.end();

    MeshTest.Call alone = overdue(mesh);
    MeshTest.Call waits = mesh.get("/");
    assertThat(waits.sent).as("the hedge has the second place").isEmpty();
    report(alone, 1, TestAnswer.of(200));
    alone.end();
    mesh.advance(ofMillis(1));
    assertThat(waits.sent).hasSize(1);
    report(waits, 0, TestAnswer.of(200));
    waits.end();
    assertThat(mesh.inFlight("reviews")).isZero();
  }

  private static MeshTest ofPolicy(Resilience.Hedging hedging, Config.RouteBuilder route) {
    return new MeshTest(
        Config.http(route)
            .cluster(
                cluster("reviews", 1, 2, 3)
                    .resilience(new Resilience("default/p", null, null, null, null, hedging))));
  }

  private static final Resilience.Hedging AFTER_100_MS =
      new Resilience.Hedging(ofMillis(100), 2, Set.of("GET"));

  @Test
  void aPolicyHedgesOnceMoreAndTheFirstAnswerWins() {
    MeshTest mesh =
        ofPolicy(AFTER_100_MS, route().retries(5).on("connect-failure").timeout(ofSeconds(9)));
    MeshTest.Call call = mesh.get("/");
    mesh.advance(ofMillis(99));
    assertThat(call.sent).hasSize(1);
    mesh.advance(ofMillis(60));
    assertThat(call.sent).hasSize(2);
    assertThat(call.aborted).isEmpty();
    mesh.advance(ofSeconds(2));
    assertThat(call.sent).as("two attempts at most").hasSize(2);
    report(call, 1, TestAnswer.of(200));
    assertThat(call.status()).isEqualTo(200);
    assertThat(call.aborted).containsExactly(call.sent.get(0));
    call.end();
    assertThat(mesh.inFlight("reviews")).isZero();
    assertThat(mesh.state("reviews").retries).hasValue(0);
  }

  @Test
  void aPolicyHedgesNeitherOtherMethodsNorWhatIsNotRepeated() {
    MeshTest mesh = ofPolicy(AFTER_100_MS, route().retries(5).on("5xx").timeout(ofSeconds(9)));
    MeshTest.Call post = mesh.call(TestHead.post("reviews:9080", "/"));
    mesh.advance(ofSeconds(2));
    assertThat(post.sent).hasSize(1);
    assertThat(post.aborted).isEmpty();
    MeshTest silent = ofPolicy(AFTER_100_MS, route().timeout(ofSeconds(9)));
    MeshTest.Call call = silent.get("/");
    silent.advance(ofSeconds(2));
    assertThat(call.sent).hasSize(1);
    assertThat(call.aborted).isEmpty();
  }

  @Test
  void hedgesOfAPolicyThatNobodyWroteAreBounded() {
    MeshTest mesh =
        ofPolicy(
            AFTER_100_MS,
            route().retries(2).on("connect-failure").timeout(ofSeconds(9)).defaulted());
    int hedged = 0;
    for (int i = 0; i < 200; i++) {
      MeshTest.Call call = mesh.get("/");
      mesh.advance(ofMillis(160));
      hedged += call.sent.size() - 1;
      report(call, 0, TestAnswer.of(503)).end();
    }
    // 20 to begin with, and a tenth of the requests
    assertThat(hedged).isBetween(20, 45);
  }
}
