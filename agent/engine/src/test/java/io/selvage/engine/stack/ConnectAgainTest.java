package io.selvage.engine.stack;

import static io.selvage.engine.stack.Config.cluster;
import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Failed;
import io.selvage.engine.flow.MeshContext;
import io.selvage.engine.model.WeightedCluster;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A connection that is tried again goes elsewhere while there is elsewhere. */
class ConnectAgainTest {
  private static MeshTest mesh() {
    return new MeshTest(
        new Config()
            .name("db", "240.240.0.9")
            .tcp("240.240.0.9", 5432, WeightedCluster.all("db"))
            .cluster(cluster("db", 1, 2, 3)));
  }

  private static String tried(MeshTest mesh, Set<String> before) {
    Exchange x = mesh.engine.connect("db", 5432, MeshContext.NONE, before);
    Attempt attempt = (Attempt) x.begin();
    String endpoint = attempt.endpoint().address() + ":" + attempt.endpoint().port();
    x.onOutcome(attempt, new Failed(Failed.Kind.CONNECT, null));
    x.end(End.ABORTED);
    return endpoint;
  }

  @Test
  void everyEndpointIsTriedBeforeAnyTwice() {
    MeshTest mesh = mesh();
    for (int i = 0; i < 200; i++) {
      Set<String> tried = new HashSet<>();
      for (int n = 0; n < 3; n++) {
        assertThat(tried.add(tried(mesh, tried))).isTrue();
      }
      assertThat(tried).contains(tried(mesh, tried));
    }
    assertThat(mesh.inFlight("db")).as("every lease was given back").isZero();
  }
}
