package io.selvage.engine.stack;

import static io.selvage.engine.stack.Config.cluster;
import static io.selvage.engine.stack.Config.route;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.flow.End;
import io.selvage.engine.flow.TestHead;
import io.selvage.engine.model.ManagerPolicy;
import io.selvage.engine.model.RoutePolicy;
import io.selvage.engine.model.RoutePolicy.StreamDuration;
import io.selvage.engine.model.RoutingPriority;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Idle times and durations of streams, before and while the body streams. */
class StreamLimitsTest {
  private static MeshTest mesh(ManagerPolicy manager, Config.RouteBuilder route) {
    return new MeshTest(
        new Config().listener(null, manager, route).cluster(cluster("reviews", 1, 2)));
  }

  private static RoutePolicy duration(
      @Nullable Duration most, @Nullable Duration grpc, @Nullable Duration offset) {
    return new RoutePolicy(
        RoutingPriority.DEFAULT, null, new StreamDuration(most, grpc, offset), null, null);
  }

  private static RoutePolicy grpcMost(Duration most, @Nullable Duration offset) {
    return new RoutePolicy(RoutingPriority.DEFAULT, null, null, most, offset);
  }

  @Test
  void silentStreamIsOver() {
    MeshTest mesh = mesh(new ManagerPolicy(ofSeconds(5), null), route());
    MeshTest.Call call = mesh.get("/");
    mesh.advance(ofMillis(4_999));
    assertThat(call.outcome).isNull();
    mesh.advance(ofMillis(1));
    assertThat(call.rejection().httpStatus()).isEqualTo(504);
    assertThat(call.rejection().flag()).isEqualTo("SI");
    assertThat(call.rejection().body()).isEqualTo("stream timeout");
    assertThat(call.aborted).hasSize(1);
    assertThat(mesh.log.get(0).responseFlags()).isEqualTo("SI");
    assertThat(mesh.inFlight("reviews")).isZero();
    assertThat(mesh.time.armed()).isZero();
  }

  @Test
  void routesIdleTimeReplacesTheListeners() {
    ManagerPolicy five = new ManagerPolicy(ofSeconds(5), null);
    MeshTest never = mesh(five, route().idle(Duration.ZERO));
    MeshTest.Call waits = never.get("/");
    never.advance(ofSeconds(3_600));
    assertThat(waits.outcome).isNull();
    MeshTest shorter = mesh(five, route().idle(ofSeconds(1)));
    MeshTest.Call call = shorter.get("/");
    shorter.advance(ofSeconds(1));
    assertThat(call.rejection().flag()).isEqualTo("SI");
  }

  @Test
  void idleTimeCoversRetriesAndDelays() {
    MeshTest mesh = mesh(ManagerPolicy.NONE, route().idle(ofSeconds(1)).delay(ofSeconds(3)));
    MeshTest.Call call = mesh.get("/");
    mesh.advance(ofSeconds(1));
    assertThat(call.sent).isEmpty();
    assertThat(call.rejection().flag()).isEqualTo("SI");
    assertThat(mesh.log.get(0).responseFlags()).isEqualTo("DI,SI");
  }

  @Test
  void bodyThatPausesIsCutOff() {
    MeshTest mesh = mesh(new ManagerPolicy(ofSeconds(5), null), route());
    MeshTest.Call call = mesh.telling("/").answers(200);
    for (int i = 0; i < 4; i++) {
      mesh.advance(ofSeconds(4));
      call.exchange.active();
    }
    assertThat(call.aborted).isEmpty();
    mesh.advance(ofSeconds(5));
    assertThat(call.aborted).hasSize(1);
    call.end(End.ABORTED);
    assertThat(mesh.log.get(0).responseFlags()).isEqualTo("SI");
    assertThat(mesh.log.get(0).responseCode()).isEqualTo(200);
    assertThat(mesh.time.armed()).isZero();
  }

  @Test
  void bodyOfACodecThatTellsNothingMayPause() {
    MeshTest mesh = mesh(new ManagerPolicy(ofSeconds(5), null), route());
    MeshTest.Call call = mesh.get("/").answers(200);
    mesh.advance(ofSeconds(60));
    assertThat(call.aborted).isEmpty();
    call.end();
  }

  @Test
  void streamMayNotLastLongerThanTheListenerSays() {
    MeshTest mesh = mesh(new ManagerPolicy(null, ofSeconds(2)), route().delay(ofSeconds(1)));
    MeshTest.Call call = mesh.get("/");
    mesh.advance(ofSeconds(2));
    assertThat(call.sent).hasSize(1);
    assertThat(call.rejection().httpStatus()).isEqualTo(504);
    assertThat(call.rejection().body()).isEqualTo("downstream duration timeout");
    MeshTest.Call body = mesh.get("/");
    mesh.advance(ofSeconds(1));
    body.answers(200);
    mesh.advance(ofSeconds(1));
    assertThat(body.aborted).hasSize(1);
    body.end(End.ABORTED);
    assertThat(mesh.time.armed()).isZero();
  }

  @ParameterizedTest
  @CsvSource({
    // route's, grpc-timeout's most, offset, grpc-timeout, expected
    "3, , , 1S, 3",
    "0, , , 1S, 0",
    ", , , 1S, 9",
    "3, 2, , 1S, 1",
    "3, 2, , 5S, 2",
    "3, 0, , 5S, 5",
    "3, 5, 1, 4S, 3",
    "3, 5, 4, 4S, 4",
    "3, 5, , , 3"
  })
  void grpcTimeoutIsTheDurationWhereTheRouteSaysSo(
      Integer most, Integer grpc, Integer offset, String header, int expected) {
    RoutePolicy policy =
        duration(
            most == null ? null : ofSeconds(most),
            grpc == null ? null : ofSeconds(grpc),
            offset == null ? null : ofSeconds(offset));
    MeshTest mesh = mesh(new ManagerPolicy(null, ofSeconds(9)), route().policy(policy));
    TestHead head = TestHead.grpc("reviews", "/s/m");
    MeshTest.Call call = mesh.call(header == null ? head : head.with("grpc-timeout", header));
    if (expected == 0) {
      mesh.advance(ofSeconds(100));
      assertThat(call.outcome).isNull();
      return;
    }
    mesh.advance(ofSeconds(expected).minusMillis(1));
    assertThat(call.outcome).isNull();
    mesh.advance(ofMillis(1));
    assertThat(call.rejection().body()).isEqualTo("downstream duration timeout");
  }

  @Test
  void routeWithADurationHasNoTimeoutBesides() {
    MeshTest mesh =
        mesh(
            ManagerPolicy.NONE,
            route().timeout(ofSeconds(1)).policy(duration(ofSeconds(3), null, null)));
    MeshTest.Call call = mesh.get("/");
    mesh.advance(ofSeconds(2));
    assertThat(call.outcome).isNull();
    mesh.advance(ofSeconds(1));
    assertThat(call.outcome).isNotNull();
  }

  @ParameterizedTest
  @CsvSource({
    // most, offset, grpc-timeout, expected
    "0, , 2S, 2",
    "1, , 2S, 1",
    "1, , , 1",
    "0, , , 0",
    "5, 1, 3S, 2",
    "5, 3, 3S, 3"
  })
  void requestsOfGrpcMayBringTheirTimeout(int most, Integer offset, String header, int expected) {
    RoutePolicy policy = grpcMost(ofSeconds(most), offset == null ? null : ofSeconds(offset));
    MeshTest mesh = mesh(ManagerPolicy.NONE, route().timeout(ofSeconds(9)).policy(policy));
    TestHead head = TestHead.grpc("reviews", "/s/m");
    MeshTest.Call call = mesh.call(header == null ? head : head.with("grpc-timeout", header));
    if (expected == 0) {
      mesh.advance(ofSeconds(100));
      assertThat(call.outcome).isNull();
      return;
    }
    assertThat(call.head().header("grpc-timeout")).isEqualTo(expected + "000m");
    mesh.advance(ofSeconds(expected));
    assertThat(call.rejection().flag()).isEqualTo("UT");
    assertThat(mesh.get("/").exchange.deadlineNanos() - mesh.time.nanos())
        .isEqualTo(ofSeconds(9).toNanos());
  }

  @Test
  void clusterMayLimitItsStreams() {
    MeshTest mesh =
        new MeshTest(
            Config.http(route().retries(1).on("reset"))
                .cluster(cluster("reviews", 1).maxStream(ofSeconds(1))));
    MeshTest.Call call = mesh.get("/");
    mesh.advance(ofMillis(1_030));
    assertThat(call.sent).hasSize(2);
    mesh.advance(ofSeconds(1));
    assertThat(call.rejection().httpStatus()).isEqualTo(504);
    assertThat(call.rejection().flag()).isEqualTo("UMSDR");
    assertThat(call.rejection().body()).isEqualTo("upstream max stream duration reached");
    MeshTest.Call body = mesh.get("/").answers(200);
    mesh.advance(ofSeconds(1));
    assertThat(body.aborted).hasSize(1);
    body.end(End.ABORTED);
    assertThat(mesh.log.get(1).responseFlags()).isEqualTo("UMSDR");
  }

  @Test
  void applicationMayLimitItsStream() {
    MeshTest mesh = mesh(ManagerPolicy.NONE, route());
    MeshTest.Call call =
        mesh.call(TestHead.get("reviews", "/").with("x-envoy-upstream-stream-duration-ms", "50"));
    mesh.advance(ofMillis(50));
    assertThat(call.rejection().flag()).isEqualTo("UMSDR");
  }
}
