package io.selvage.engine.stack;

import static io.selvage.engine.stack.Config.cluster;
import static io.selvage.engine.stack.Config.route;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.flow.TestHead;
import io.selvage.engine.model.Resilience;
import io.selvage.engine.model.WeightedCluster;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Bulkheads of a ResiliencePolicy, in virtual time. */
class BulkheadTest {
  private static MeshTest mesh(int calls, int waiting, Duration wait, Config.RouteBuilder route) {
    return new MeshTest(
        Config.http(route)
            .cluster(
                cluster("reviews", 1, 2)
                    .resilience(
                        new Resilience(
                            "default/reviews",
                            null,
                            new Resilience.Bulkhead(calls, waiting, wait, 1))))
            .tcp("240.240.0.9", 3306, WeightedCluster.all("reviews")));
  }

  @Test
  void refusesBeyondItsPlacesAndFreesThemAtTheBodysEnd() {
    MeshTest mesh = mesh(2, 0, Duration.ZERO, route());
    MeshTest.Call first = mesh.get("/").answers(200);
    MeshTest.Call second = mesh.get("/");
    MeshTest.Call third = mesh.get("/");
    assertThat(third.sent).isEmpty();
    assertThat(third.rejection().code()).isEqualTo("SELV-6042");
    assertThat(third.rejection().flag()).isEqualTo("UO");
    first.end();
    assertThat(mesh.get("/").sent).hasSize(1);
    second.answers(200).end();
    assertThat(mesh.get("/").sent).hasSize(1);
    assertThat(mesh.log.get(0).responseFlags()).isEqualTo("UO");
    assertThat(mesh.log.get(0).responseDetail()).contains("default/reviews bulkhead");
  }

  @Test
  void whoWaitsGetsTheNextPlaceInTurn() {
    MeshTest mesh = mesh(1, 2, ofMillis(100), route());
    MeshTest.Call first = mesh.get("/");
    MeshTest.Call second = mesh.get("/");
    MeshTest.Call third = mesh.get("/");
    MeshTest.Call fourth = mesh.get("/");
    assertThat(second.sent).isEmpty();
    assertThat(second.outcome).isNull();
    assertThat(fourth.rejection().code()).as("the queue is full").isEqualTo("SELV-6042");
    mesh.advance(ofMillis(60));
    first.answers(200).end();
    mesh.advance(ofMillis(1));
    assertThat(second.sent).hasSize(1);
    assertThat(third.sent).isEmpty();
    mesh.advance(ofMillis(50));
    assertThat(third.rejection().code()).isEqualTo("SELV-6043");
    assertThat(third.status()).isEqualTo(503);
    second.answers(200).end();
    assertThat(mesh.get("/").sent).hasSize(1);
  }

  @Test
  void whoGivesUpWaitingLeavesNoHole() {
    MeshTest mesh = mesh(1, 5, ofSeconds(10), route());
    MeshTest.Call first = mesh.get("/");
    MeshTest.Call second = mesh.get("/");
    MeshTest.Call third = mesh.get("/");
    second.cancel();
    first.answers(200).end();
    mesh.advance(ofMillis(1));
    assertThat(second.sent).isEmpty();
    assertThat(third.sent).hasSize(1);
    third.answers(200).end();
    MeshTest.Call held = mesh.get("/");
    assertThat(held.sent).hasSize(1);
    MeshTest.Call fifth = mesh.get("/");
    // granted and cancelled in the same moment: the place must not be lost
    held.answers(200).end();
    fifth.cancel();
    mesh.advance(ofMillis(1));
    assertThat(mesh.get("/").sent).hasSize(1);
  }

  @Test
  void waitingUsesUpTheRoutesTimeout() {
    MeshTest mesh = mesh(1, 5, ofSeconds(10), route().timeout(ofMillis(200)));
    mesh.get("/");
    MeshTest.Call second = mesh.get("/");
    mesh.advance(ofMillis(199));
    assertThat(second.outcome).isNull();
    mesh.advance(ofMillis(1));
    assertThat(second.status()).isEqualTo(504);
    assertThat(second.sent).isEmpty();
  }

  @Test
  void retriesStayInTheCallsPlace() {
    MeshTest mesh = mesh(1, 0, Duration.ZERO, route().retries(2).backoff(ofMillis(10)));
    MeshTest.Call call = mesh.get("/").answers(503);
    assertThat(mesh.get("/").sent).as("between the attempts").isEmpty();
    mesh.advance(ofSeconds(1));
    assertThat(call.sent).hasSize(2);
    call.answers(200).end();
    assertThat(mesh.get("/").sent).hasSize(1);
  }

  @Test
  void boundsRawConnections() {
    MeshTest mesh = mesh(5, 0, Duration.ZERO, route());
    MeshTest.Call first = mesh.connect("240.240.0.9", 3306);
    assertThat(first.sent).hasSize(1);
    assertThat(mesh.connect("240.240.0.9", 3306).rejection().flag()).isEqualTo("UO");
    first.answers(200).end();
    assertThat(mesh.connect("240.240.0.9", 3306).sent).hasSize(1);
  }

  @Test
  void explainsHowFullItIs() {
    MeshTest mesh = mesh(1, 0, Duration.ZERO, route());
    mesh.get("/");
    Explanation full = mesh.engine.explain(TestHead.get("reviews:9080", "/"), "reviews", 9080);
    assertThat(full.rejectedBy()).isEqualTo("Bulkhead");
    assertThat(full.notes()).contains("1 of 1 calls of the bulkhead are under way");
  }
}
