package io.selvage.engine.stack;

import static io.selvage.engine.stack.Config.cluster;
import static io.selvage.engine.stack.Config.route;
import static java.time.Duration.ofMillis;
import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Failed;
import io.selvage.engine.flow.MeshContext;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.flow.Protocol;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.flow.Responded;
import io.selvage.engine.flow.TestAnswer;
import io.selvage.engine.flow.TestHead;
import io.selvage.engine.flow.Work;
import io.selvage.engine.model.UpstreamTls;
import io.selvage.engine.model.WorkloadPolicy;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Time that is left, and callers that have gone, from hop to hop. */
class DeadlineTravelTest {
  private static final String PRINCIPAL = "spiffe://cluster.local/ns/default/sa/web";
  private static final UpstreamTls MESH =
      new UpstreamTls(true, "sni", List.of(), List.of("istio"), null, null, null, false);

  private static Config config(Config.RouteBuilder route) {
    return Config.http(route)
        .cluster(cluster("reviews", 1, 2).tls(MESH))
        .chain(Config.ChainBuilder.tls(Config.PORT));
  }

  private static MeshTest mesh() {
    return new MeshTest(config(route().retries(2).on("5xx,reset,connect-failure".split(","))));
  }

  private static MeshContext serving(MeshTest mesh, TestHead head) {
    Exchange in = mesh.engine.inbound(head, MeshTest.mesh(PRINCIPAL, Config.PORT));
    assertThat(in.begin()).isInstanceOf(Attempt.class);
    return in.facts().context;
  }

  @Test
  void shrinksHopByHopUntilNothingIsSentAnyMore() {
    Chain chain =
        new Chain(
            4,
            Protocol.HTTP1,
            c ->
                c.listener(null, route().timeout(ofMillis(70)))
                    .cluster(cluster("reviews", 1).tls(MESH)));
    chain.thinking = ofMillis(40);
    Outcome outcome = chain.request();
    // 70 ms are left for the second service, 30 for the third, which thinks for 40
    assertThat(chain.reached(1)).isOne();
    assertThat(chain.reached(2)).isOne();
    assertThat(chain.reached(3)).as("nothing was left").isZero();
    assertThat(((Responded) outcome).head().status()).isEqualTo(504);
  }

  @Test
  void tellsPeersOfTheMeshOnly() {
    MeshTest mesh = new MeshTest(config(route().timeout(ofMillis(900))));
    MeshTest.Call call = mesh.get("/");
    assertThat(call.head().header("x-selvage-timeout-ms")).isEqualTo("900");
    MeshTest plain =
        new MeshTest(Config.http(route().timeout(ofMillis(900))).cluster(cluster("reviews", 1)));
    MeshTest.Call other =
        plain.call(TestHead.get("reviews:9080", "/").with("x-selvage-timeout-ms", "5"));
    assertThat(other.head().header("x-selvage-timeout-ms")).as("forged").isNull();
  }

  @Test
  void eachAttemptSaysWhatIsLeftThen() {
    MeshTest mesh =
        new MeshTest(
            config(route().timeout(ofMillis(900)).retries(1).on("5xx").backoff(ofMillis(1))));
    MeshTest.Call call = mesh.get("/");
    mesh.advance(ofMillis(300));
    call.answers(503);
    mesh.advance(ofMillis(10));
    assertThat(call.sent).hasSize(2);
    assertThat(Integer.parseInt(Objects.requireNonNull(call.head().header("x-selvage-timeout-ms"))))
        .isBetween(590, 600);
  }

  @Test
  void believesPeersOfTheMeshOnly() {
    MeshTest mesh = mesh();
    TestHead told = TestHead.get("reviews", "/").with("x-selvage-timeout-ms", "250");
    assertThat(serving(mesh, told).deadlineNanos())
        .isEqualTo(mesh.time.nanos() + ofMillis(250).toNanos());
    assertThat(told.header("x-selvage-timeout-ms")).as("the application never sees it").isNull();
    for (String name : List.of("x-selvage-timeout-ms", "x-envoy-expected-rq-timeout-ms")) {
      MeshTest open = new MeshTest(Config.http(route()).chain(Config.ChainBuilder.raw(9080)));
      Exchange stranger =
          open.engine.inbound(TestHead.get("reviews", "/").with(name, "250"), MeshTest.plain(9080));
      stranger.begin();
      assertThat(stranger.facts().context.deadlineNanos()).isEqualTo(Long.MAX_VALUE);
    }
  }

  @Test
  void theShorterOfAllCounts() {
    MeshTest mesh = mesh();
    TestHead head =
        TestHead.grpc("reviews", "/a/B")
            .with("x-selvage-timeout-ms", "700")
            .with("x-envoy-expected-rq-timeout-ms", "500")
            .with("grpc-timeout", "300m");
    assertThat(serving(mesh, head).deadlineNanos())
        .isEqualTo(mesh.time.nanos() + ofMillis(300).toNanos());
  }

  @Test
  void refusesWhatComesTooLate() {
    MeshTest mesh = mesh();
    Exchange in =
        mesh.engine.inbound(
            TestHead.grpc("reviews", "/a/B").with("grpc-timeout", "0n"),
            MeshTest.mesh(PRINCIPAL, Config.PORT));
    Action answer = in.begin();
    in.end(End.ABORTED);
    assertThat(answer)
        .isInstanceOfSatisfying(
            Rejection.class,
            r -> {
              assertThat(r.httpStatus()).isEqualTo(504);
              assertThat(r.grpcStatus()).isEqualTo(4);
              assertThat(r.flag()).isEqualTo("UT");
              assertThat(r.code()).isEqualTo("SELV-6050");
            });
    assertThat(mesh.log.get(0).responseFlags()).isEqualTo("UT");
  }

  @Test
  void canBeSwitchedOff() {
    WorkloadPolicy off =
        new WorkloadPolicy("d/x", new WorkloadPolicy.Propagation(false, false, true), List.of());
    MeshTest mesh = new MeshTest(config(route().timeout(ofMillis(900))).own(off));
    TestHead told = TestHead.get("reviews", "/").with("x-selvage-timeout-ms", "250");
    assertThat(serving(mesh, told).deadlineNanos()).isEqualTo(Long.MAX_VALUE);
    assertThat(mesh.get("/").head().header("x-selvage-timeout-ms")).isNull();
  }

  // ---- callers that have gone

  @Test
  void abortsWhatIsUnderWayForACallerThatHasGone() {
    MeshTest mesh = mesh();
    Exchange in =
        mesh.engine.inbound(TestHead.get("reviews", "/"), MeshTest.mesh(PRINCIPAL, Config.PORT));
    in.begin();
    MeshContext context = in.facts().context;
    MeshTest.Call first = mesh.call(TestHead.get("reviews:9080", "/a"), context);
    MeshTest.Call second = mesh.call(TestHead.get("reviews:9080", "/b"), context);
    second.answers(200).end();
    MeshTest.Call other = mesh.get("/");
    assertThat(Objects.requireNonNull(context.work()).underWay()).isOne();

    in.end(End.ABORTED);
    assertThat(first.aborted).hasSize(1);
    assertThat(other.aborted).as("another request's").isEmpty();
    first.fails(Failed.Kind.RESET);
    mesh.advance(ofMillis(500));
    assertThat(first.sent).as("not repeated").hasSize(1);
    assertThat(mesh.log.get(mesh.log.size() - 1).responseFlags()).contains("DC");
    MeshTest.Call late = mesh.call(TestHead.get("reviews:9080", "/c"), context);
    assertThat(late.sent).isEmpty();
    assertThat(late.rejection().code()).isEqualTo("SELV-6051");
    assertThat(Objects.requireNonNull(context.work()).underWay()).isZero();
  }

  @Test
  void whatGoesOnAfterACompleteAnswerIsLeftAlone() {
    MeshTest mesh = mesh();
    Exchange in =
        mesh.engine.inbound(TestHead.get("reviews", "/"), MeshTest.mesh(PRINCIPAL, Config.PORT));
    Attempt run = (Attempt) in.begin();
    MeshTest.Call background = mesh.call(TestHead.get("reviews:9080", "/"), in.facts().context);
    in.onOutcome(run, TestAnswer.of(202));
    in.end(End.COMPLETE);
    assertThat(background.aborted).isEmpty();
    assertThat(background.answers(200).status()).isEqualTo(200);
  }

  @Test
  void abortsStatementsToo() {
    MeshTest mesh = mesh();
    Work work = new Work(false);
    Exchange statement =
        mesh.engine.statement(
            new StatementCall("postgresql", "db", 5432, "shop", "select 1"),
            MeshContext.NONE.withWork(work));
    Attempt running = (Attempt) statement.begin();
    boolean[] cancelled = new boolean[1];
    running.onAbort(() -> cancelled[0] = true);
    work.callerGone();
    assertThat(cancelled[0]).isTrue();
    statement.onOutcome(running, new Failed(Failed.Kind.LOCAL, null));
    statement.end(End.ABORTED);
    Exchange next =
        mesh.engine.statement(
            new StatementCall("postgresql", "db", 5432, "shop", "select 1"),
            MeshContext.NONE.withWork(work));
    assertThat(next.begin()).isInstanceOf(Rejection.class);
  }

  @Test
  void anAttemptThatBeginsWhileTheCallerGoesIsAbortedOrRefused() throws InterruptedException {
    MeshTest mesh = mesh();
    for (int i = 0; i < 200; i++) {
      Work work = new Work(false);
      MeshContext context = MeshContext.NONE.withWork(work);
      Thread leaver = new Thread(work::callerGone);
      leaver.start();
      MeshTest.Call call = mesh.call(TestHead.get("reviews:9080", "/"), context);
      leaver.join();
      assertThat(call.sent.isEmpty() || call.aborted.size() == 1 || call.sent.get(0).isAborted())
          .isTrue();
      call.cancel();
    }
  }
}
