package io.selvage.engine.stack;

import static io.selvage.engine.stack.Config.cluster;
import static io.selvage.engine.stack.Config.route;
import static java.time.Duration.ofMillis;
import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Failed;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.flow.Protocol;
import io.selvage.engine.flow.Responded;
import io.selvage.engine.flow.TestAnswer;
import io.selvage.engine.flow.TestHead;
import io.selvage.engine.model.InboundListener;
import io.selvage.engine.model.UpstreamTls;
import io.selvage.engine.model.WorkloadPolicy;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A chain of four services whose last one fails: attempts of its hops must not multiply. */
class RetryStormTest {
  private static final int REQUESTS = 1_000;
  private static final UpstreamTls MESH =
      new UpstreamTls(true, "sni", List.of(), List.of("istio"), null, null, null, false);

  private static UnaryOperator<Config> with(Config.RouteBuilder route) {
    return config -> config.listener(null, route).cluster(cluster("reviews", 1, 2, 3).tls(MESH));
  }

  /** What the controller sends where nobody wrote a retry policy. */
  private static Config.RouteBuilder standard() {
    return route()
        .retries(2)
        .on("connect-failure", "refused-stream", "unavailable", "cancelled")
        .backoff(ofMillis(25))
        .defaulted();
  }

  private static double amplification(Chain chain, int from, int to) {
    return (double) chain.reached(to) / chain.reached(from);
  }

  @ParameterizedTest
  @CsvSource({
    "HTTP1, 503", // answers of an application that may have done the work
    "HTTP1, 0", // nobody listens
    "GRPC, -14", // UNAVAILABLE, said by the application
    "GRPC, 0"
  })
  void withDefaultsTheStormStaysABreeze(Protocol protocol, int failure) {
    Chain chain = new Chain(4, protocol, with(standard()));
    chain.last = n -> failure;
    for (int i = 0; i < REQUESTS; i++) {
      chain.request();
    }
    for (int hop = 0; hop < 3; hop++) {
      assertThat(amplification(chain, hop, hop + 1)).as("hop " + hop).isBetween(1.0, 1.2);
    }
    assertThat(amplification(chain, 0, 3)).as("end to end").isBetween(1.0, 1.5);
  }

  @Test
  void retriesThatHelpAreNotRationed() {
    Chain chain = new Chain(4, Protocol.HTTP1, with(standard()));
    chain.last = n -> n % 2 == 0 ? 200 : 0;
    int well = 0;
    for (int i = 0; i < REQUESTS; i++) {
      well += chain.request() instanceof Responded r && r.head().status() == 200 ? 1 : 0;
    }
    assertThat(well).isEqualTo(REQUESTS);
  }

  @Test
  void aRetryThatFailsInAnotherWayWasStillPaid() {
    MeshTest mesh = new MeshTest(with(standard()).apply(new Config()));
    int sent = 0;
    for (int i = 0; i < REQUESTS; i++) {
      MeshTest.Call call = mesh.call(TestHead.get("reviews:9080", "/")).fails(Failed.Kind.CONNECT);
      mesh.advance(ofMillis(100));
      if (call.sent.size() > 1) {
        // not covered by the policy, yet no help
        call.fails(Failed.Kind.RESET);
      }
      call.end();
      sent += call.sent.size();
    }
    assertThat((double) sent / REQUESTS).isBetween(1.0, 1.2);
  }

  @Test
  void policiesThatSomebodyWroteDoNotMultiply() {
    Chain chain =
        new Chain(4, Protocol.HTTP1, with(route().retries(3).on("5xx").backoff(ofMillis(1))));
    chain.last = n -> 503;
    for (int i = 0; i < 100; i++) {
      chain.request();
    }
    assertThat(chain.reached(1)).isEqualTo(100);
    assertThat(chain.reached(2)).isEqualTo(100);
    assertThat(chain.reached(3)).as("only the last hop repeats").isEqualTo(400);
  }

  @Test
  void withoutTheirPropagationTheyWould() {
    UnaryOperator<Config> rules = with(route().retries(3).on("5xx").backoff(ofMillis(1)));
    WorkloadPolicy off =
        new WorkloadPolicy("d/x", new WorkloadPolicy.Propagation(true, true, false), List.of());
    Chain chain = new Chain(4, Protocol.HTTP1, config -> rules.apply(config).own(off));
    chain.last = n -> 503;
    chain.request();
    assertThat(chain.reached(3)).isEqualTo(64);
    assertThat(InboundListener.EMPTY.own()).isSameAs(WorkloadPolicy.DEFAULT);
  }

  @Test
  void aHopThatHasNoPolicyLeavesItToTheOneAbove() {
    // only the first hop repeats: 503 came from below, but nobody there has repeated anything
    Chain chain =
        new Chain(2, Protocol.HTTP1, with(route().retries(2).on("5xx").backoff(ofMillis(1))));
    chain.last = n -> n % 3 == 0 ? 200 : 503;
    Outcome outcome = chain.request();
    assertThat(((Responded) outcome).head().status()).isEqualTo(200);
    assertThat(chain.reached(1)).isEqualTo(3);
  }

  @Test
  void whatIsDoneForARepetitionIsNotRepeatedUnlessItReachedNobody() {
    MeshTest mesh =
        new MeshTest(
            with(route().retries(2).on("5xx", "connect-failure").backoff(ofMillis(1)))
                .apply(new Config())
                .chain(Config.ChainBuilder.tls(Config.PORT)));
    TestHead head = TestHead.get("reviews", "/").with("x-selvage-retry", "1");
    Exchange in =
        mesh.engine.inbound(
            head, MeshTest.mesh("spiffe://cluster.local/ns/default/sa/web", Config.PORT));
    Attempt run = (Attempt) in.begin();
    assertThat(head.header("x-selvage-retry")).as("no application sees it").isNull();

    MeshTest.Call call = mesh.call(TestHead.get("reviews:9080", "/"), in.facts().context);
    assertThat(call.head().header("x-selvage-retry")).as("said on").isEqualTo("1");
    call.fails(Failed.Kind.CONNECT);
    mesh.advance(ofMillis(100));
    assertThat(call.sent).hasSize(2);
    call.answers(503);
    mesh.advance(ofMillis(100));
    assertThat(call.sent).hasSize(2);
    call.end();
    assertThat(mesh.log.get(0).responseFlags()).isEqualTo("URX");

    TestAnswer answer = new TestAnswer(503, -1);
    in.onOutcome(run, new Responded(answer));
    assertThat(answer.header("x-selvage-retried")).as("nor above").isEqualTo("1");
    in.end(End.COMPLETE);
  }

  @Test
  void anAnswerThatWentWellSaysNothing() {
    MeshTest mesh =
        new MeshTest(
            with(route().retries(1).on("5xx").backoff(ofMillis(1)))
                .apply(new Config())
                .chain(Config.ChainBuilder.tls(Config.PORT)));
    Exchange in =
        mesh.engine.inbound(
            TestHead.get("reviews", "/"),
            MeshTest.mesh("spiffe://cluster.local/ns/default/sa/web", Config.PORT));
    Attempt run = (Attempt) in.begin();
    MeshTest.Call call = mesh.call(TestHead.get("reviews:9080", "/"), in.facts().context);
    call.answers(503);
    mesh.advance(ofMillis(100));
    call.answers(503).end();
    TestAnswer fallback = new TestAnswer(200, -1);
    in.onOutcome(run, new Responded(fallback));
    assertThat(fallback.header("x-selvage-retried")).isNull();
    in.end(End.COMPLETE);
  }

  @ParameterizedTest
  @CsvSource({
    "GET, true",
    "HEAD, true",
    "OPTIONS, true",
    "PUT, true",
    "DELETE, true",
    "POST, false",
    "PATCH, false",
    "CONNECT, false"
  })
  void aDefaultRepeatsByMethodOnlyWhatMayHaveBeenProcessed(String method, boolean again) {
    MeshTest mesh =
        new MeshTest(
            with(route().retries(1).on("reset", "connect-failure").backoff(ofMillis(1)).defaulted())
                .apply(new Config()));
    MeshTest.Call reset =
        mesh.call(new TestHead(method, "reviews:9080", "/", Protocol.HTTP1))
            .fails(Failed.Kind.RESET);
    mesh.advance(ofMillis(100));
    assertThat(reset.sent).hasSize(again ? 2 : 1);
    MeshTest.Call refused =
        mesh.call(new TestHead(method, "reviews:9080", "/", Protocol.HTTP1))
            .fails(Failed.Kind.CONNECT);
    mesh.advance(ofMillis(100));
    assertThat(refused.sent).as("reached nobody").hasSize(2);
  }

  @Test
  void aDefaultDoesNotRepeatWhatAGrpcServerHasSeen() {
    MeshTest mesh = new MeshTest(with(standard()).apply(new Config()));
    MeshTest.Call call =
        mesh.call(TestHead.grpc("reviews:9080", "/a/B")).reports(TestAnswer.grpc(14));
    mesh.advance(ofMillis(200));
    assertThat(call.sent).hasSize(1);
    MeshTest.Call refused =
        mesh.call(TestHead.grpc("reviews:9080", "/a/B")).fails(Failed.Kind.REFUSED);
    mesh.advance(ofMillis(200));
    assertThat(refused.sent).as("REFUSED_STREAM: not processed").hasSize(2);
  }

  @Test
  void peersWithoutIdentityAreNotBelieved() {
    Chain chain =
        new Chain(4, Protocol.HTTP1, with(route().retries(1).on("5xx").backoff(ofMillis(1))));
    chain.mutualTls = false;
    chain.last = n -> 503;
    chain.request();
    assertThat(chain.reached(3)).as("2 x 2 x 2").isEqualTo(8);
  }
}
