package io.selvage.engine.stack;

import static io.selvage.engine.stack.Config.cluster;
import static io.selvage.engine.stack.Config.route;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.flow.TestHead;
import io.selvage.engine.model.Fault;
import io.selvage.engine.model.Fault.Control;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Faults that requests ask for, and those that concern some requests only. */
class FaultControlTest {
  private static final String DELAY = "x-envoy-fault-delay-request";
  private static final String ABORT = "x-envoy-fault-abort-request";

  private static MeshTest mesh(Fault fault) {
    return new MeshTest(Config.http(route().fault(fault)).cluster(cluster("reviews", 1)));
  }

  private static Fault asked(double share, int of) {
    Control control = new Control(of, of, Integer.MAX_VALUE, Set.of(), "");
    return new Fault(null, share, 0, -1, share, List.of(), control);
  }

  private static TestHead get(String... headers) {
    TestHead head = TestHead.get("reviews", "/");
    for (int i = 0; i < headers.length; i += 2) {
      head.with(headers[i], headers[i + 1]);
    }
    return head;
  }

  @Test
  void requestsAskForDelays() {
    MeshTest mesh = mesh(asked(1, 100));
    MeshTest.Call call = mesh.call(get(DELAY, "70"));
    mesh.advance(ofMillis(69));
    assertThat(call.sent).isEmpty();
    mesh.advance(ofMillis(1));
    assertThat(call.sent).hasSize(1);
    for (String none : List.of("0", "-1", "soon")) {
      assertThat(mesh.call(get(DELAY, none)).sent).hasSize(1);
    }
    assertThat(mesh.call(get()).sent).hasSize(1);
  }

  @Test
  void requestsAskForAborts() {
    MeshTest mesh = mesh(asked(1, 100));
    assertThat(mesh.call(get(ABORT, "418")).status()).isEqualTo(418);
    assertThat(mesh.call(get(ABORT, "99")).sent).hasSize(1);
    MeshTest.Call grpc = mesh.call(get("x-envoy-fault-abort-grpc-request", "14"));
    assertThat(grpc.rejection().grpcStatus()).isEqualTo(14);
    assertThat(grpc.rejection().flag()).isEqualTo("FI");
  }

  private static int aborted(MeshTest mesh, String percentage) {
    int aborted = 0;
    for (int i = 0; i < 2_000; i++) {
      MeshTest.Call call = mesh.call(get(ABORT, "503", ABORT + "-percentage", percentage));
      aborted += call.sent.isEmpty() ? 1 : 0;
      call.cancel();
    }
    return aborted;
  }

  @Test
  void requestsMayAskForLessThanIsConfigured() {
    assertThat(aborted(mesh(asked(0.5, 100)), "10")).isBetween(140, 260);
    assertThat(aborted(mesh(asked(0.5, 100)), "90")).isBetween(880, 1_120);
    assertThat(aborted(mesh(asked(0.5, 10_000)), "1000")).isBetween(140, 260);
    assertThat(aborted(mesh(asked(0.5, 100)), "half")).isBetween(880, 1_120);
  }

  @Test
  void onlySomeRequestsAreConcerned() {
    MeshTest nodes =
        mesh(
            new Fault(
                null,
                0,
                503,
                -1,
                1,
                List.of(),
                new Control(0, 0, Integer.MAX_VALUE, Set.of("a", "b"), "")));
    assertThat(nodes.call(get()).sent).hasSize(1);
    assertThat(nodes.call(get("x-envoy-downstream-service-node", "c")).sent).hasSize(1);
    assertThat(nodes.call(get("x-envoy-downstream-service-node", "b")).status()).isEqualTo(503);
    for (String name : List.of("reviews", "ratings")) {
      MeshTest cluster =
          mesh(
              new Fault(
                  null,
                  0,
                  503,
                  -1,
                  1,
                  List.of(),
                  new Control(0, 0, Integer.MAX_VALUE, Set.of(), name)));
      assertThat(cluster.call(get()).sent).hasSize(name.equals("reviews") ? 0 : 1);
    }
  }

  @Test
  void faultsAtOnceAreLimited() {
    MeshTest mesh =
        mesh(new Fault(ofSeconds(5), 1, 0, -1, 0, List.of(), new Control(0, 0, 2, Set.of(), "")));
    MeshTest.Call first = mesh.call(get());
    assertThat(first.sent).isEmpty();
    assertThat(mesh.call(get()).sent).isEmpty();
    assertThat(mesh.call(get()).sent).hasSize(1);
    first.cancel();
    assertThat(mesh.call(get()).sent).isEmpty();
    mesh.advance(ofSeconds(5));
    assertThat(mesh.call(get()).sent).as("a fault is under way until its request ends").hasSize(1);
  }
}
