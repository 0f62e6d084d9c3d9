package io.selvage.engine.stack;

import static io.selvage.engine.stack.Config.cluster;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.flow.TestHead;
import io.selvage.engine.model.CircuitBreakers;
import io.selvage.engine.stack.Config.ChainBuilder;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the application serves at once, in virtual time. */
class ServerLimitTest {
  private static final int PORT = 8080;
  private static final String INBOUND = "inbound|8080||";
  private static final int MAX = Integer.MAX_VALUE;

  private static MeshTest mesh(int connections, int pending, int requests, boolean http2) {
    Config.ClusterBuilder cluster =
        cluster(INBOUND, 1).breakers(new CircuitBreakers(connections, pending, requests, 3, null));
    return new MeshTest(
        new Config()
            .chain(ChainBuilder.raw(PORT).to(INBOUND))
            .cluster(http2 ? cluster.http2() : cluster));
  }

  private static MeshTest.Call serve(MeshTest mesh) {
    return mesh.serve(TestHead.get("reviews:8080", "/"), MeshTest.plain(PORT));
  }

  @Test
  void connectionsBoundWhatIsServedAndPendingWhatWaits() {
    MeshTest mesh = mesh(1, 1, MAX, false);
    MeshTest.Call first = serve(mesh);
    MeshTest.Call second = serve(mesh);
    MeshTest.Call third = serve(mesh);
    assertThat(first.sent).hasSize(1);
    assertThat(second.sent).isEmpty();
    assertThat(second.outcome).as("waits").isNull();
    assertThat(third.rejection().flag()).isEqualTo("UO");
    assertThat(third.rejection().code()).isEqualTo("SELV-6060");
    assertThat(third.status()).isEqualTo(503);
    first.answers(200);
    mesh.advance(ofMillis(1));
    assertThat(second.sent).as("the first one's body still streams").isEmpty();
    first.end();
    mesh.advance(ofMillis(1));
    assertThat(second.sent).hasSize(1);
  }

  @Test
  void requestsBoundBothProtocolsAndNobodyWaits() {
    for (boolean http2 : new boolean[] {true, false}) {
      MeshTest mesh = mesh(MAX, MAX, 2, http2);
      MeshTest.Call first = serve(mesh);
      serve(mesh);
      assertThat(serve(mesh).rejection().flag()).isEqualTo("UO");
      assertThat(mesh.state(INBOUND).requests).as("the refused one is over").hasValue(2);
      first.answers(200).end();
      assertThat(serve(mesh).sent).hasSize(1);
    }
  }

  @Test
  void connectionsDoNotBoundHttp2() {
    MeshTest mesh = mesh(1, 0, MAX, true);
    serve(mesh);
    assertThat(serve(mesh).sent).hasSize(1);
  }

  @Test
  void whoGoesAwayWhileWaitingLeavesNoHole() {
    MeshTest mesh = mesh(1, 5, MAX, false);
    MeshTest.Call first = serve(mesh);
    MeshTest.Call second = serve(mesh);
    MeshTest.Call third = serve(mesh);
    second.cancel();
    first.answers(200).end();
    mesh.advance(ofSeconds(1));
    assertThat(second.sent).isEmpty();
    assertThat(third.sent).hasSize(1);
    third.answers(200).end();
    assertThat(serve(mesh).sent).hasSize(1);
  }

  @Test
  void nothingIsLeftOfManyRequests() {
    MeshTest mesh = mesh(3, 4, 5, false);
    List<MeshTest.Call> calls = new ArrayList<>();
    for (int round = 0; round < 50; round++) {
      for (int i = 0; i < 10; i++) {
        calls.add(serve(mesh));
      }
      for (int turn = 0; turn < 10; turn++) {
        calls.stream().filter(c -> !c.sent.isEmpty()).forEach(c -> c.answers(200).end());
        calls.removeIf(c -> c.outcome != null);
        mesh.advance(ofMillis(1));
      }
      assertThat(calls).isEmpty();
      assertThat(mesh.state(INBOUND).requests).hasValue(0);
    }
  }
}
