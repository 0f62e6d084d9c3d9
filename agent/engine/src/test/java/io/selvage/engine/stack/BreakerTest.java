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
import io.selvage.engine.model.Resilience;
import io.selvage.engine.model.Resilience.Breaker;
import io.selvage.engine.model.Resilience.Counts;
import io.selvage.engine.model.Resilience.Operation;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Error-rate and slow-call breakers of a ResiliencePolicy, in virtual time. */
class BreakerTest {
  private static Breaker breaker(Counts counts, boolean perEndpoint, Operation... operations) {
    return new Breaker(
        false,
        10,
        4,
        0.5,
        0.75,
        ofSeconds(2),
        ofSeconds(30),
        2,
        counts,
        perEndpoint,
        List.of(operations));
  }

  private static MeshTest mesh(Breaker breaker, int... ports) {
    return new MeshTest(config(breaker, ports));
  }

  private static Config config(Breaker breaker, int... ports) {
    return Config.http(route())
        .cluster(
            cluster("reviews", ports).resilience(new Resilience("default/reviews", breaker, null)));
  }

  private static void call(MeshTest mesh, int status) {
    mesh.get("/").answers(status).end();
  }

  private static void fail(MeshTest mesh, int times) {
    for (int i = 0; i < times; i++) {
      call(mesh, 503);
    }
  }

  @Test
  void opensRefusesProbesAndCloses() {
    MeshTest mesh = mesh(breaker(Counts.DEFAULT, false), 1);
    fail(mesh, 3);
    call(mesh, 200);
    MeshTest.Call refused = mesh.get("/");
    assertThat(refused.sent).isEmpty();
    assertThat(refused.rejection().code()).isEqualTo("SELV-6041");
    assertThat(refused.rejection().flag()).isEqualTo("UO");
    assertThat(refused.status()).isEqualTo(503);
    assertThat(mesh.log.get(4).responseFlags()).isEqualTo("UO");
    assertThat(mesh.log.get(4).responseDetail()).contains("default/reviews", "OPEN");

    mesh.advance(ofSeconds(29));
    assertThat(mesh.get("/").sent).isEmpty();
    mesh.advance(ofSeconds(2));
    MeshTest.Call first = mesh.get("/");
    MeshTest.Call second = mesh.get("/");
    assertThat(first.sent).hasSize(1);
    assertThat(second.sent).hasSize(1);
    assertThat(mesh.get("/").sent).as("more than the permitted probes").isEmpty();
    first.answers(200).end();
    second.answers(200).end();
    assertThat(mesh.get("/").sent).hasSize(1);
  }

  @Test
  void failingProbesOpenItAgain() {
    MeshTest mesh = mesh(breaker(Counts.DEFAULT, false), 1);
    fail(mesh, 4);
    mesh.advance(ofSeconds(31));
    call(mesh, 503);
    call(mesh, 503);
    assertThat(mesh.get("/").sent).isEmpty();
    mesh.advance(ofSeconds(31));
    assertThat(mesh.get("/").sent).hasSize(1);
  }

  @Test
  void slowCallsOpenItThoughTheySucceed() {
    MeshTest mesh = mesh(breaker(Counts.DEFAULT, false), 1);
    for (int i = 0; i < 3; i++) {
      MeshTest.Call call = mesh.get("/");
      mesh.advance(ofMillis(2_500));
      call.answers(200).end();
    }
    assertThat(mesh.get("/").answers(200).end().sent).as("three of four are slow").hasSize(1);
    assertThat(mesh.get("/").sent).isEmpty();
  }

  @Test
  void aLongBodyIsNotASlowCall() {
    MeshTest mesh = mesh(breaker(Counts.DEFAULT, false), 1);
    for (int i = 0; i < 8; i++) {
      MeshTest.Call call = mesh.get("/").answers(200);
      mesh.advance(ofSeconds(10));
      call.end();
    }
    assertThat(mesh.get("/").sent).hasSize(1);
  }

  @Test
  void aTimeWindowForgets() {
    Breaker timed =
        new Breaker(
            true,
            10,
            4,
            0.5,
            1.0,
            ofSeconds(60),
            ofSeconds(30),
            2,
            Counts.DEFAULT,
            false,
            List.of());
    MeshTest mesh = mesh(timed, 1);
    fail(mesh, 3);
    mesh.advance(ofSeconds(15));
    fail(mesh, 3);
    assertThat(mesh.get("/").answers(503).end().sent)
        .as("the first three are forgotten")
        .hasSize(1);
    assertThat(mesh.get("/").sent).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "CONNECT, true",
    "RESET, true",
    "REFUSED, true",
    "PEER_IDENTITY, true",
    "CANCELLED, false",
    "LOCAL, false"
  })
  void countsTheTransportsFailuresButNotTheCallers(Failed.Kind kind, boolean opens) {
    MeshTest mesh = mesh(breaker(Counts.DEFAULT, false), 1);
    for (int i = 0; i < 6; i++) {
      MeshTest.Call call = mesh.get("/");
      if (!call.sent.isEmpty()) {
        call.fails(kind);
      }
    }
    assertThat(mesh.get("/").sent.isEmpty()).isEqualTo(opens);
  }

  @Test
  void countsWhatThePolicyNames() {
    Counts counts = new Counts(Set.of(), Set.of(429), Set.of(), false);
    MeshTest mesh = mesh(breaker(counts, false), 1);
    fail(mesh, 8);
    for (int i = 0; i < 8; i++) {
      mesh.get("/").fails(Failed.Kind.RESET);
    }
    assertThat(mesh.get("/").sent).hasSize(1);
    for (int i = 0; i < 5; i++) {
      call(mesh, 429);
    }
    assertThat(mesh.get("/").sent).as("half of the last ten").isEmpty();
  }

  @Test
  void readsTheGrpcStatusFromTheTrailers() {
    MeshTest mesh = mesh(breaker(Counts.DEFAULT, false), 1);
    for (int i = 0; i < 4; i++) {
      mesh.call(TestHead.grpc("reviews:9080", "/a.B/C")).answers(200).end(End.grpc(14));
    }
    MeshTest.Call refused = mesh.call(TestHead.grpc("reviews:9080", "/a.B/C"));
    assertThat(refused.sent).isEmpty();
    assertThat(refused.rejection().grpcStatus()).isEqualTo(14);
  }

  @Test
  void answersOfGrpcThatAreTheApplicationsAreNoFailures() {
    MeshTest mesh = mesh(breaker(Counts.DEFAULT, false), 1);
    for (int i = 0; i < 8; i++) {
      mesh.call(TestHead.grpc("reviews:9080", "/a.B/C")).reports(TestAnswer.grpc(5)).end();
    }
    assertThat(mesh.call(TestHead.grpc("reviews:9080", "/a.B/C")).sent).hasSize(1);
  }

  @Test
  void judgesOperationsApart() {
    Operation search = new Operation("search", Set.of("GET"), "/search");
    MeshTest mesh = mesh(breaker(Counts.DEFAULT, false, search), 1);
    for (int i = 0; i < 4; i++) {
      mesh.get("/search?q=" + i).answers(503).end();
    }
    assertThat(mesh.get("/search").sent).isEmpty();
    assertThat(mesh.get("/").sent).hasSize(1);
    assertThat(mesh.call(TestHead.post("reviews:9080", "/search")).sent).hasSize(1);
  }

  @Test
  void everyAttemptIsJudged() {
    Config config =
        Config.http(route().retries(3).backoff(ofMillis(1)))
            .cluster(
                cluster("reviews", 1)
                    .resilience(new Resilience("d/r", breaker(Counts.DEFAULT, false), null)));
    MeshTest mesh = new MeshTest(config);
    MeshTest.Call call = mesh.get("/");
    for (int i = 0; i < 4; i++) {
      call.answers(503);
      mesh.advance(ofSeconds(1));
    }
    call.end();
    assertThat(mesh.get("/").sent).isEmpty();
  }

  @Test
  void keepsItsStateThroughAPushAndStartsAnewUnderAnotherPolicy() {
    MeshTest mesh = mesh(breaker(Counts.DEFAULT, false), 1);
    fail(mesh, 4);
    mesh.engine.publish(config(breaker(Counts.DEFAULT, false), 1).build());
    assertThat(mesh.get("/").sent).isEmpty();
    Breaker other =
        new Breaker(
            false, 20, 4, 0.5, 1, ofSeconds(2), ofSeconds(3), 2, Counts.DEFAULT, false, List.of());
    mesh.engine.publish(config(other, 1).build());
    assertThat(mesh.get("/").sent).hasSize(1);
  }

  @Test
  void explainsWithoutTouchingTheState() {
    MeshTest mesh = mesh(breaker(Counts.DEFAULT, false), 1);
    fail(mesh, 4);
    Explanation open = mesh.engine.explain(TestHead.get("reviews:9080", "/"), "reviews", 9080);
    assertThat(open.rejection()).isNotNull();
    assertThat(open.rejection().code()).isEqualTo("SELV-6041");
    assertThat(open.rejectedBy()).isEqualTo("Breaker");
    mesh.advance(ofSeconds(31));
    for (int i = 0; i < 10; i++) {
      mesh.engine.explain(TestHead.get("reviews:9080", "/"), "reviews", 9080);
    }
    assertThat(mesh.get("/").sent).as("explanations took no probe").hasSize(1);
    assertThat(mesh.get("/").sent).hasSize(1);
  }

  // ---- per endpoint

  @Test
  void anEndpointOfItsOwnBreakerIsNotChosenUntilItsProbes() {
    MeshTest mesh = mesh(breaker(Counts.DEFAULT, true), 1, 2, 3, 4);
    Set<Integer> seen = new HashSet<>();
    for (int i = 0; i < 40; i++) {
      MeshTest.Call call = mesh.get("/");
      seen.add(call.port());
      call.answers(call.port() == 2 ? 503 : 200).end();
    }
    assertThat(seen).containsExactlyInAnyOrder(1, 2, 3, 4);
    for (int i = 0; i < 40; i++) {
      MeshTest.Call call = mesh.get("/");
      assertThat(call.port()).isNotEqualTo(2);
      call.answers(200).end();
    }
    mesh.advance(ofSeconds(31));
    int probed = 0;
    for (int i = 0; i < 40; i++) {
      MeshTest.Call call = mesh.get("/");
      probed += call.port() == 2 ? 1 : 0;
      call.answers(200).end();
    }
    assertThat(probed).as("probes did well: it is back").isGreaterThan(5);
  }

  @Test
  void undecidedProbesKeepAnEndpointOut() {
    MeshTest mesh = mesh(breaker(Counts.DEFAULT, true), 1, 2, 3, 4);
    for (int i = 0; i < 40; i++) {
      MeshTest.Call call = mesh.get("/");
      call.answers(call.port() == 2 ? 503 : 200).end();
    }
    mesh.advance(ofSeconds(31));
    int probes = 0;
    for (int i = 0; i < 40; i++) {
      MeshTest.Call call = mesh.get("/");
      assertThat(call.sent).hasSize(1);
      if (call.port() == 2) {
        probes++;
      } else {
        call.answers(200).end();
      }
    }
    assertThat(probes).isEqualTo(2);
  }

  @Test
  void withoutThePolicyAllEndpointsAreBack() {
    MeshTest mesh = mesh(breaker(Counts.DEFAULT, true), 1, 2, 3, 4);
    for (int i = 0; i < 40; i++) {
      MeshTest.Call call = mesh.get("/");
      call.answers(call.port() == 2 ? 503 : 200).end();
    }
    mesh.engine.publish(Config.http(route()).cluster(cluster("reviews", 1, 2, 3, 4)).build());
    Set<Integer> seen = new HashSet<>();
    for (int i = 0; i < 8; i++) {
      MeshTest.Call call = mesh.get("/");
      seen.add(call.port());
      call.answers(200).end();
    }
    assertThat(seen).contains(2);
  }
}
