package io.selvage.engine.stack;

import static io.selvage.engine.stack.Config.cluster;
import static io.selvage.engine.stack.Config.route;
import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.flow.Attempt;
import io.selvage.engine.model.CircuitBreakers;
import io.selvage.engine.model.ConnectionLimits;
import io.selvage.engine.model.RoutePolicy;
import io.selvage.engine.model.RoutingPriority;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Circuit breakers by priority, and what they tell the libraries' pools. */
class LimitsTest {
  private static final RoutePolicy HIGH =
      new RoutePolicy(RoutingPriority.HIGH, null, null, null, null);

  private static CircuitBreakers breakers(CircuitBreakers high) {
    return new CircuitBreakers(1, 1, 100, 3, null, 7, high);
  }

  private static MeshTest mesh(CircuitBreakers breakers) {
    return new MeshTest(
        Config.http(route().prefix("/high").policy(HIGH), route())
            .cluster(cluster("reviews", 1).breakers(breakers)));
  }

  @Test
  void eachPriorityHasItsOwnLimits() {
    MeshTest mesh = mesh(breakers(new CircuitBreakers(2, 2, 3, 3, null)));
    for (int i = 0; i < 2; i++) {
      assertThat(mesh.get("/").outcome).isNull();
    }
    assertThat(mesh.get("/").rejection().flag()).isEqualTo("UO");
    MeshTest.Call first = mesh.get("/high");
    for (int i = 0; i < 3; i++) {
      assertThat(mesh.get("/high").outcome).isNull();
    }
    MeshTest.Call refused = mesh.get("/high");
    assertThat(refused.rejection().flag()).isEqualTo("UO");
    assertThat(refused.rejection().headers()).containsEntry("x-envoy-overloaded", "true");
    first.answers(200).end();
    assertThat(mesh.get("/high").outcome).as("waits in the place of who went on").isNull();
    mesh.advance(Duration.ofMillis(1));
    assertThat(mesh.state("reviews").load(RoutingPriority.HIGH).requests).hasValue(2);
    assertThat(mesh.state("reviews").requests).hasValue(1);
  }

  /** Who gives up waiting leaves the queue; who waits longer than the route allows gets 504. */
  @Test
  void waitingForAConnectionIsBoundedByTheRoutesTimeout() {
    MeshTest mesh =
        new MeshTest(
            Config.http(route().timeout(Duration.ofSeconds(2)))
                .cluster(cluster("reviews", 1).breakers(breakers(null))));
    MeshTest.Call first = mesh.get("/");
    MeshTest.Call late = mesh.get("/");
    assertThat(mesh.get("/").rejection().flag()).isEqualTo("UO");
    mesh.advance(Duration.ofSeconds(1));
    first.answers(200);
    mesh.advance(Duration.ofMillis(1001));
    assertThat(late.status()).isEqualTo(504);
    assertThat(late.sent).isEmpty();

    MeshTest.Call next = mesh.get("/");
    assertThat(next.outcome).as("the queue is empty again").isNull();
    first.end();
    mesh.advance(Duration.ofMillis(1));
    assertThat(next.sent).hasSize(1);
    next.answers(200).end();
    assertThat(mesh.get("/").sent).as("all places are free").hasSize(1);
  }

  @Test
  void limitsOfHighThatNobodyWroteAreEnvoys() {
    MeshTest mesh = mesh(breakers(null));
    for (int i = 0; i < 1024; i++) {
      assertThat(mesh.get("/high").sent).hasSize(1);
    }
    for (int i = 0; i < 1024; i++) {
      assertThat(mesh.get("/high").sent).as("waits").isEmpty();
    }
    assertThat(mesh.get("/high").rejection().flag()).isEqualTo("UO");
  }

  @Test
  void attemptsTellTheirTransportsWhatConnectionsMustKeepTo() {
    MeshTest mesh = mesh(breakers(new CircuitBreakers(20, 30, 40, 3, null)));
    Attempt attempt = mesh.get("/").sent.get(0);
    ConnectionLimits limits = attempt.connectionLimits();
    assertThat(limits.maxConnections()).isEqualTo(1);
    assertThat(limits.maxPending()).isEqualTo(1);
    assertThat(limits.maxConnectionsPerHost()).isEqualTo(7);
    ConnectionLimits high = mesh.get("/high").sent.get(0).connectionLimits();
    assertThat(high.maxConnections()).isEqualTo(20);
    assertThat(high.maxPending()).isEqualTo(30);
    assertThat(high.maxConnectionsPerHost()).isEqualTo(Integer.MAX_VALUE);
  }

  /** One endpoint's limit, whatever the cluster still allows; the first connection always is. */
  @Test
  void eachEndpointHasALimitOfItsOwn() {
    MeshTest mesh =
        new MeshTest(
            Config.http(route())
                .cluster(
                    cluster("reviews", 1, 2)
                        .breakers(new CircuitBreakers(50, 50, 50, 3, null, 2, null))));
    MeshTest.Call first = mesh.get("/");
    for (int i = 0; i < 3; i++) {
      assertThat(mesh.get("/").sent).hasSize(1);
    }
    assertThat(mesh.get("/").rejection().flag()).isEqualTo("UO");
    assertThat(mesh.inFlight("reviews")).isEqualTo(4);
    first.answers(200).end();
    assertThat(mesh.inFlight("reviews")).isEqualTo(3);

    MeshTest none =
        new MeshTest(
            Config.http(route())
                .cluster(
                    cluster("reviews", 1)
                        .breakers(new CircuitBreakers(50, 50, 50, 3, null, 0, null))));
    assertThat(none.get("/").sent).hasSize(1);
    assertThat(none.get("/").rejection().flag()).isEqualTo("UO");
  }
}
